import { text } from 'node:stream/consumers';
import { type Door, knockAtAll } from './knock.ts';

// Run in a container's network namespace: which doors is said on standard input, what came of it on standard output.
const doors = JSON.parse(await text(process.stdin)) as readonly Door[];
process.stdout.write(JSON.stringify(await knockAtAll(doors)));
