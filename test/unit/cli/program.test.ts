import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { netwright, netwrightUnread } from './netwright.ts';

let folder = '';
let good = '';
let bad = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'netwright-cli-'));
  good = join(folder, 'good.yaml');
  bad = join(folder, 'bad.yaml');
  await writeFile(good, 'networks:\n  front: { subnet: 10.1.0.0/24 }\n');
  await writeFile(bad, 'networks:\n  front: { subnett: 10.1.0.0/24 }\n');
});
afterAll(() => rm(folder, { recursive: true }));

describe('validate', () => {
  test('of a good file says what is in it', async () => {
    expect(await netwright(['validate', '-f', good])).toEqual({
      code: 0,
      out: `${good} is in order: 1 network, 0 addresses, 0 policies\n`,
      err: '',
    });
  });

  test('of a bad file says where and what, and how many', async () => {
    const { code, out, err } = await netwright(['validate'], { NETWORKS_CONFIG_PATH: bad });
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain(
      `${bad}:2:12  unknown key "subnett" in networks.front\n  hint: did you mean "subnet"?\n`,
    );
    expect(err).toMatch(/: 2 problems\n$/);
  });

  test('as JSON is one document on standard output', async () => {
    const { code, out, err } = await netwright(['validate', '--json', '-f', bad]);
    expect({ code, err }).toEqual({ code: 1, err: '' });
    expect(JSON.parse(out)).toMatchObject({
      file: bad,
      valid: false,
      problems: expect.arrayContaining([
        expect.objectContaining({ file: bad, line: 2, column: 12, severity: 'error', code: 'unknown-key' }),
      ]) as unknown,
    });
  });
});

describe('the command line', () => {
  test('helps: every command with what it is for, examples and exit codes', async () => {
    const { code, out } = await netwright(['--help']);
    expect(code).toBe(0);
    for (const command of [
      'validate',
      'plan',
      'apply',
      'watch',
      'status',
      'destroy',
      'doctor',
      'wake',
      'sleep',
      'proxy',
    ]) {
      expect(out).toContain(`\n  ${command} [options] `);
      const help = await netwright([command, '--help']);
      expect(help.code).toBe(0);
      expect(help.out).toContain('\nExamples:\n  ');
      expect(help.out).toContain('\nExit codes: 0 ');
    }
    expect(out).toContain('\n  NETWORKS_CONFIG_PATH ');
    expect(out).toContain('\n  2  plan: there are changes\n');
  });

  test('tells its version', async () => {
    const { code, out } = await netwright(['--version']);
    expect(code).toBe(0);
    expect(out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  test.each([
    ['help', ['--help']],
    ['help with a command', ['plan', '--help']],
    ['version', ['--version']],
  ])('tells its %s to a reader that has gone without a word', async (_, args) => {
    expect(await netwrightUnread(args)).toMatchObject({ code: 0, err: '' });
  });

  test('with a file that no flag names says how it is named', async () => {
    expect(await netwright(['validate', good])).toEqual({
      code: 1,
      out: '',
      err: `netwright: validate does not take "${good}"\nhint: a file is named by -f: netwright validate -f ${good}\n`,
    });
    const { code, out, err } = await netwright(['wake', 'shop', 'bar', '--json']);
    expect({ code, err }).toEqual({
      code: 1,
      err: 'netwright: wake does not take "bar"\nhint: netwright wake --help\n',
    });
    expect(JSON.parse(out)).toMatchObject({ error: { code: 'USAGE' } });
  });

  test('that is mistyped says what was meant, and fails', async () => {
    const { code, out, err } = await netwright(['plann']);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain("netwright: unknown command 'plann'\n(Did you mean plan?)\n");
    expect((await netwright(['plan', '--jsn'])).code).toBe(1);
  });

  test('fails with a message and a hint, and as JSON with a document too', async () => {
    const env = { NETWRIGHT_INSTANCE: 'Not\u001b[2JOk' };
    const { code, out, err } = await netwright(['plan', '--json'], env);
    expect(code).toBe(1);
    expect(err).toBe(
      'netwright: NETWRIGHT_INSTANCE is Not\\x1b[2JOk, which is no name for an instance\nhint: use 1 to 6 lower-case letters and digits\n',
    );
    expect(JSON.parse(out)).toEqual({
      error: {
        code: 'USAGE',
        message: 'NETWRIGHT_INSTANCE is Not\u001b[2JOk, which is no name for an instance',
        hint: 'use 1 to 6 lower-case letters and digits',
      },
    });
  });

  test('fails for a format of the log that there is none, before anything else', async () => {
    // The period is no number, so that nothing begins in any case.
    const env = { LOG_FORMAT: 'xml', WATCH_PERIOD_SECONDS: 'often' };
    expect(await netwright(['watch', '-f', good], env)).toEqual({
      code: 1,
      out: '',
      err: 'netwright: LOG_FORMAT is xml, which is no format\nhint: use json or text\n',
    });
  });
});
