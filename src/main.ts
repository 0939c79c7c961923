#!/usr/bin/env node
import process from 'node:process';
import { run } from './cli/program.ts';

const code = await run(process);
for (const stream of [process.stdout, process.stderr])
  await new Promise((written) => stream.write('', written));
// Left to itself Node would give back the memory of ten thousand policies piece by piece before it ends.
process.exit(code);
