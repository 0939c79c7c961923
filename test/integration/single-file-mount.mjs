// In a mount namespace of its own: mounts one file over another, changes it from outside, prints what the watch told.
import { execFileSync } from 'node:child_process';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ConfigFile } from '../../build/watch/config-file.js';

const folder = process.argv[2];
const outside = join(folder, 'outside.json');
const path = join(folder, 'networks.json');
const json = (n) => JSON.stringify({ n });
const mount = () => execFileSync('mount', ['--bind', outside, path]);

await writeFile(outside, json(1));
// What is below the mount is what comes last, and so is not seen between the two mounts.
await writeFile(path, json(4));
mount();
const told = [];
const watched = new ConfigFile({
  path,
  load: async (from) => ({ ok: true, text: await readFile(from, 'utf8') }),
  pollEvery: 300,
  listener: {
    changed: ({ loaded, missing }) => told.push(missing ? 'missing' : loaded.text),
    pollingOnly: () => told.push('polling only'),
    replacedOutside: () => told.push('replaced outside'),
    broke: (error) => told.push(String(error)),
  },
});
/** Waits, for twenty seconds at most, until so many things have been told, and a little longer for what should not be. */
const untilTold = async (count) => {
  for (const began = Date.now(); told.length < count && Date.now() - began < 20_000; ) await sleep(10);
  await sleep(400);
};
await watched.start();
await writeFile(outside, json(2));
await untilTold(2);
await writeFile(`${outside}.new`, json(3));
await rename(`${outside}.new`, outside);
await untilTold(3);
await writeFile(outside, json(4));
// Nothing can be mounted over a file that was replaced: it has no name any more. Lazily, for it may be being read just now.
execFileSync('umount', ['--lazy', path]);
mount();
await untilTold(4);
await watched.stop();
process.stdout.write(JSON.stringify(told));
