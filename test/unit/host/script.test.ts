import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CutLines } from '../../../src/host/cut-lines.ts';
import { runScript } from '../../../src/host/script.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'netwright-script-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function run(text: string, mode = 0o755, signal = new AbortController().signal) {
  const path = join(folder, `${performance.now()}.sh`);
  await writeFile(path, text, { mode });
  const lines: string[] = [];
  const options = {
    env: { MINE: 'yes' },
    signal,
    timeoutMs: 20_000,
    onLine: (line: string) => lines.push(line),
  };
  await runScript(path, options);
  return lines;
}

test('what a script prints is heard, and it finds the environment it is given with a path of system tools', async () => {
  const lines = await run('#!/bin/sh\necho "$MINE $HOME"; printf last >&2; echo "$PATH"\n');
  expect(lines.toSorted()).toEqual([expect.stringContaining('/usr/sbin'), 'last', 'yes ']);
});

test.each([
  ['is not executable', '#!/bin/sh\n', 0o644],
  ['ended with exit code 7', '#!/bin/sh\nexit 7\n', 0o755],
  ['ended by SIGKILL', '#!/bin/sh\nkill -9 $$\n', 0o755],
  ['was not started: the interpreter in its first line is not there', '#!/no/such/shell\n', 0o755],
])('one that %s is a failure', async (why, text, mode) => {
  await expect(run(text, mode)).rejects.toMatchObject({
    code: 'COMMAND_FAILED',
    message: expect.stringContaining(why) as string,
  });
});

test('one that everybody may write is not run', async () => {
  const path = join(folder, 'open.sh');
  await writeFile(path, '#!/bin/sh\n');
  await chmod(path, 0o757);
  const options = { env: {}, signal: new AbortController().signal, timeoutMs: 1000, onLine: () => undefined };
  await expect(runScript(path, options)).rejects.toMatchObject({
    message: expect.stringContaining('may be written by everybody') as string,
    hint: `chmod o-w ${path}`,
  });
  await expect(runScript(folder, options)).rejects.toThrow('is no regular file');
  await expect(runScript(join(folder, 'none'), options)).rejects.toThrow('is not there');
});

test('one that is called off before it begins does not begin', async () => {
  const off = AbortSignal.abort(new Error('called off'));
  await expect(run('#!/bin/sh\n', 0o755, off)).rejects.toThrow('called off');
});

test('lines come in pieces, of two sources at once, and what has no end is told at the end', () => {
  const told: string[] = [];
  const lines = new CutLines((line) => told.push(line));
  const [one, other] = [lines.open(), lines.open()];
  one.write(Buffer.from('a'));
  other.write(Buffer.from([0xc3]));
  one.write(Buffer.from('b\r\nc\n\nd'));
  other.write(Buffer.from([0xa9, 0x0a]));
  one.end();
  other.end();
  expect(told).toEqual(['ab', 'c', '', 'é', 'd']);
});

test('long lines are cut wherever their pieces end, and of too many the rest is left out', () => {
  const told: string[] = [];
  const source = new CutLines((line) => told.push(line)).open();
  for (let n = 0; n < 30; n++) source.write(Buffer.from('x'.repeat(100)));
  source.write(Buffer.from(`\n${'y\n'.repeat(2000)}`));
  expect(told[0]).toBe(`${'x'.repeat(2000)}…`);
  expect(told).toHaveLength(1001);
  expect(told.at(-1)).toBe('… and more, which is left out');
});
