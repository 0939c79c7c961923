import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findCommand, openCommands, type Run, searchPath, usefulLines } from '../../../src/host/command.ts';

const { signal } = new AbortController();

describe('a command', () => {
  let folder: string;
  let run: Run;
  const script = async (name: string, body: string) => {
    await writeFile(join(folder, name), `#!/bin/sh\n${body}\n`);
    await chmod(join(folder, name), 0o755);
  };
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'command-'));
    run = openCommands({
      PATH: `${folder}:/usr/bin:/bin`,
      LC_ALL: 'de_DE',
      SECRET: 'x',
    });
    await script('fails', 'echo "fails v1.0 (nf_tables): no such chain" >&2; exit 3');
    await script('ip', 'echo "RTNETLINK answers: File exists" >&2; exit 2');
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('gets its arguments as they are, never through a shell', async () => {
    const odd = ['$(id)', '; id', 'a b', '*', ''];
    expect(await run(['printf', '%s|', ...odd], { signal })).toBe('$(id)|; id|a b|*||');
  });

  test('reads what it is given and prints it unshortened', async () => {
    expect(await run(['cat'], { input: 'one\ntwo\n\n', signal })).toBe('one\ntwo\n\n');
    expect(await run(['cat'], { signal })).toBe('');
  });

  test('may hand over what it prints line by line, more than anybody could keep', async () => {
    const lines: string[] = [];
    const onLine = (line: string) => void lines.push(line);
    expect(await run(['printf', 'one\\n\\nf\\303\\274nf'], { signal, onLine })).toBe('');
    expect(lines).toEqual(['one', '', 'fünf']);
    let count = 0;
    await run(['seq', '-f', '%099.0f', '700000'], { signal, onLine: () => count++ });
    expect(count).toBe(700_000);
    await expect(run(['fails'], { signal, onLine })).rejects.toThrow('fails: no such chain');
  });

  test("runs in the C locale, with no other of the caller's variables, and finds what root needs", async () => {
    const variables = (await run(['env'], { signal })).trim().split('\n').sort();
    expect(variables).toEqual(['LC_ALL=C', `PATH=${folder}:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin`]);
  });

  test('that is not installed is named, with the package it comes in', async () => {
    await expect(run(['no-such-program'], { signal })).rejects.toMatchObject({
      code: 'COMMAND_MISSING',
      message: 'the program no-such-program is not installed',
    });
    const bare = openCommands({});
    await expect(bare(['ip6tables-none-save'], { signal })).rejects.toMatchObject({
      code: 'COMMAND_MISSING',
      hint: expect.stringContaining('iptables') as string,
    });
  });

  test('that fails says why in its own words', async () => {
    await expect(run(['fails'], { signal })).rejects.toMatchObject({
      code: 'COMMAND_FAILED',
      message: 'fails: no such chain',
    });
    await expect(run(['false'], { signal })).rejects.toMatchObject({ message: 'false: exit code 1' });
    await expect(run(['ip', 'route'], { signal })).rejects.toThrow('ip: RTNETLINK answers: File exists');
  });

  test('may end with another code where the caller says so', async () => {
    expect(await run(['false'], { signal, accept: [0, 1] })).toBe('');
  });

  test('that does not end is ended', async () => {
    const sleeping = run(['sleep', '60'], { signal, timeoutMs: 30 });
    await expect(sleeping).rejects.toMatchObject({ code: 'COMMAND_TIMEOUT' });
  });

  test('that does not listen is killed', async () => {
    const deaf = run(['sh', '-c', 'trap "" TERM; while :; do sleep 0.1; done'], { signal, timeoutMs: 30 });
    await expect(deaf).rejects.toMatchObject({ code: 'COMMAND_TIMEOUT' });
  }, 3000);

  test('that ends before it has read all it is given says itself why', async () => {
    const input = 'x'.repeat(1_000_000);
    await expect(run(['fails'], { signal, input })).rejects.toThrow('fails: no such chain');
    expect(await run(['head', '-c1'], { signal, input })).toBe('x');
  });

  test('is ended with its caller', async () => {
    const caller = new AbortController();
    const sleeping = run(['sleep', '60'], { signal: caller.signal });
    setTimeout(() => caller.abort(new Error('told to stop')), 30);
    await expect(sleeping).rejects.toThrow('told to stop');
  });

  test('is found by its name, links followed', async () => {
    expect(await findCommand('fails', { PATH: folder })).toBe(join(folder, 'fails'));
    expect(await findCommand('no-such-program', { PATH: folder })).toBeUndefined();
  });
});

test('a folder in the path that is relative is not searched', () => {
  expect(searchPath({ PATH: '.:/opt/bin:bin::/usr/sbin' })).toBe(
    '/opt/bin:/usr/sbin:/usr/local/sbin:/sbin:/usr/bin:/bin',
  );
});

describe('what a tool prints when it fails', () => {
  test.each([
    [
      "iptables-restore v1.8.9 (nf_tables): Couldn't load target `X':No such file or directory\n\nError occurred at line: 5\nTry `iptables-restore -h' or 'iptables-restore --help' for more information.\n",
      "Couldn't load target `X':No such file or directory",
    ],
    [
      'iptables-restore v1.8.9 (nf_tables): \nline 4: RULE_INSERT failed (Invalid argument): rule in chain X\n',
      'line 4: RULE_INSERT failed (Invalid argument): rule in chain X',
    ],
    ['Cannot find device "wg0"\n', 'Cannot find device "wg0"'],
    ['\u001b[31mred\u0007\n', '[31mred'],
    ['one\ntwo\nthree\n', 'one; two'],
    ['', ''],
  ])('is cut down to what went wrong: %j', (stderr, said) => {
    expect(usefulLines(stderr)).toBe(said);
  });
});
