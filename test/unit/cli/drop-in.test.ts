import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { withTwoDashes } from '../../../src/cli/options.ts';
import { netwright } from './netwright.ts';

let folder = '';
let file = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'netwright-drop-in-'));
  file = join(folder, 'networks.yaml');
  await writeFile(file, 'networks:\n  front: { subnet: 10.1.0.0/24 }\n');
});
afterAll(() => rm(folder, { recursive: true }));

const everything = {
  RUNTIME_API: '/run/engine.sock',
  WATCH_NETWORK: 'internal',
  WATCH_CONTAINER_LABEL: 'my.enable',
  IPTABLES_MANGLE_MARK_PUBLISHED_PORTS: '2',
  IPTABLES_DNAT_PORTS_LABEL: 'my.ports',
  STARTUP_SCRIPT: '/scripts/startup.sh',
  SHUTDOWN_SCRIPT: '/scripts/shutdown.sh',
};
const amountTo = {
  discovery: [
    {
      network: 'internal',
      enable_label: 'my.enable',
      dnat_label: 'my.ports',
      in: 'host',
      mark_published_ports: 2,
      warm_up: true,
    },
  ],
  startup_script: '/scripts/startup.sh',
  shutdown_script: '/scripts/shutdown.sh',
};
const flags = Object.entries(everything).map(
  ([name, value]) => [name.toLowerCase().replaceAll('_', '-'), value] as const,
);

async function printed(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<unknown> {
  const { code, out, err } = await netwright(['validate', '--print', ...args], env);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return parse(out);
}

describe("container-network's flags and variables amount to a file", () => {
  test('all variables', async () => {
    expect(await printed([], everything)).toEqual(amountTo);
  });

  test.each([
    ['one dash and a blank', flags.flatMap(([name, value]) => [`-${name}`, value])],
    ['one dash and =', flags.map(([name, value]) => `-${name}=${value}`)],
    ['two dashes and a blank', flags.flatMap(([name, value]) => [`--${name}`, value])],
    ['two dashes and =', flags.map(([name, value]) => `--${name}=${value}`)],
  ])('all flags, with %s', async (_, args) => {
    expect(await printed(args)).toEqual(amountTo);
  });

  test('a flag wins over the variable', async () => {
    const args = ['-watch-network', 'other', '-iptables-mangle-mark-published-ports=0x1/0xff'];
    expect(await printed(args, everything)).toMatchObject({
      discovery: [{ network: 'other', mark_published_ports: '0x1/0xff', enable_label: 'my.enable' }],
    });
  });

  test('one of them is enough, the others are as container-network has them', async () => {
    const entry = {
      network: 'bridge',
      enable_label: 'network.enable',
      dnat_label: 'network.dnat.ports',
      in: 'host',
      warm_up: true,
    };
    expect(await printed([], { RUNTIME_API: '/run/engine.sock' })).toEqual({ discovery: [entry] });
    expect(await printed(['-watch-network', 'internal'])).toEqual({
      discovery: [{ ...entry, network: 'internal' }],
    });
  });

  test('an empty variable is none, and a mark of 0 marks nothing', async () => {
    const env = { WATCH_NETWORK: 'internal', STARTUP_SCRIPT: '', IPTABLES_MANGLE_MARK_PUBLISHED_PORTS: '0' };
    const content = (await printed([], env)) as { discovery: readonly object[] };
    expect(Object.keys(content)).toEqual(['discovery']);
    expect(content.discovery[0]).not.toHaveProperty('mark_published_ports');
  });

  test('what is printed, as a file, prints the same', async () => {
    const { out } = await netwright(['validate', '--print'], everything);
    const saved = join(folder, 'saved.yaml');
    await writeFile(saved, out);
    expect((await netwright(['validate', '--print', '-f', saved])).out).toBe(out);
  });

  test('a mistake in one names it, all at once, with the hint a file would get', async () => {
    const env = { WATCH_NETWORK: 'a b', IPTABLES_DNAT_PORTS_LABEL: 'two\nlines' };
    const { code, out, err } = await netwright(['validate', '-iptables-mangle-mark-published-ports=x'], env);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(/^WATCH_NETWORK {2}discovery\[0\]\.network: expected a network name/m);
    expect(err).toMatch(/^-iptables-mangle-mark-published-ports {2}.*expected a mark/m);
    expect(err).toMatch(/^IPTABLES_DNAT_PORTS_LABEL {2}/m);
    expect(err).toMatch(/^environment: 3 problems$/m);
  });

  test('as JSON a mistake has the name in place of a file, and no line', async () => {
    const { out } = await netwright(['validate', '--json'], { IPTABLES_MANGLE_MARK_PUBLISHED_PORTS: 'x' });
    expect(JSON.parse(out)).toMatchObject({
      file: 'environment',
      valid: false,
      problems: [{ file: 'IPTABLES_MANGLE_MARK_PUBLISHED_PORTS', line: 0, column: 0, code: 'schema' }],
    });
  });
});

describe('a file', () => {
  test('wins over them, and a warning says which are ignored', async () => {
    const { code, out, err } = await netwright(['validate', '-f', file, '-watch-network=x'], {
      SHUTDOWN_SCRIPT: '/x.sh',
      RUNTIME_API: '/run/engine.sock',
    });
    expect({ code, out }).toEqual({
      code: 0,
      out: `${file} is in order: 1 network, 0 addresses, 0 policies (1 warning)\n`,
    });
    expect(err).toContain('warning: -watch-network, SHUTDOWN_SCRIPT are ignored in favour of this file');
    expect(err).not.toContain('RUNTIME_API');
  });

  test('that is named and not there is missed, whatever else is said', async () => {
    const { code, err } = await netwright(['validate'], {
      NETWORKS_CONFIG_PATH: join(folder, 'none.yaml'),
      WATCH_NETWORK: 'internal',
    });
    expect(code).toBe(1);
    expect(err).toContain('none.yaml:1:1  there is no such file');
  });

  test('that nobody names and that is not there is missed, and what could stand in its place is said', async () => {
    const { code, err } = await netwright(['validate']);
    expect(code).toBe(1);
    expect(err).toContain('/etc/user/config/networks.json:1:1  there is no such file\n  hint: ');
    expect(err).toContain('WATCH_NETWORK');
  });
});

test('only these flags may have one dash, and none after --', () => {
  expect(
    withTwoDashes(['watch', '-f', 'x', '-watch-network=y', '-watch', '--', '-startup-script']).join(' '),
  ).toBe('watch -f x --watch-network=y -watch -- -startup-script');
});
