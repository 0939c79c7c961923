import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { type EngineName, engineUnderTest } from '../host/engine-under-test.ts';
import { startHost } from '../host/throwaway-host.ts';

const run = fileURLToPath(new URL('../host/run', import.meta.url));
const cgroups = '/sys/fs/cgroup';

/** What the machine itself would notice of a host: nothing of it may ever change. */
function machine(): string {
  const commands = [
    'iptables-save',
    'iptables-legacy-save',
    'ip6tables-save',
    'ip address',
    'ip route show table all',
  ];
  const network = commands.map((command) => execFileSync('sh', ['-c', command]).toString());
  return [...network, readFileSync('/proc/mounts', 'utf8')].join('\n').replace(/^# .*\n|\[\d+:\d+\]/gm, '');
}

/** Every trace of the host of this name: processes, folders, mounts, control groups. */
function traces(name: string): readonly string[] {
  const folders = [
    ...readdirSync(cgroups).map((group) => `${cgroups}/${group}/${name}`),
    `${cgroups}/${name}`,
    `/tmp/${name}`,
  ];
  const processes = readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid) && read(`/proc/${pid}/environ`).includes(name))
    .map((pid) => read(`/proc/${pid}/cmdline`).replaceAll('\0', ' '));
  const mounts = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .filter((line) => line.includes(name));
  return [...folders.filter((folder) => existsSync(folder)), ...processes, ...mounts];
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** Resolves with the first line that the process prints. */
async function firstLine(child: ChildProcess): Promise<string> {
  return await new Promise((resolve) => {
    if (child.stdout !== null) createInterface({ input: child.stdout }).once('line', resolve);
  });
}

const startContainer = `
  const [name, socketPath] = [process.env.THROWAWAY_NAME, process.env.DOCKER_HOST.slice('unix://'.length)];
  const post = (path, body = '') => new Promise((resolve) => {
    const options = { socketPath, method: 'POST', path, headers: { 'content-type': 'application/json' } };
    require('node:http').request(options, (response) => response.resume().on('end', resolve)).end(body);
  });
  post('/containers/create?name=one', '{"Image":"busybox"}').then(() => post('/containers/one/start')).then(() => console.log(name));
`;

describe('nothing is left on the machine', () => {
  test.each([...new Set<EngineName>(['docker', 'podman', engineUnderTest])])(
    'when a host with %s stops',
    async (engine) => {
      const before = machine();
      const host = await startHost({ engine });
      await host.container('one');
      const name = host.folder.replace('/tmp/', '');
      expect(traces(name).length).toBeGreaterThan(5);
      await host.stop();
      expect(traces(name)).toEqual([]);
      expect(machine()).toBe(before);
    },
  );

  test('when the engine does not start', () => {
    const argv = ['--engine-arg', '--no-such-option', 'echo', 'never'];
    const { status, stdout, stderr, pid } = spawnSync(run, argv, { encoding: 'utf8' });
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toContain('unknown flag: --no-such-option');
    expect(readdirSync('/tmp').filter((name) => name.startsWith(`netwright-host-${pid}-`))).toEqual([]);
  });

  test.each(['run', 'the process that owns it'])('when %s is killed', async (victim) => {
    const before = machine();
    // A host of startHost ends with its owner's pipe; one whose run is killed must not need even that.
    const ending = victim === 'run' ? 'setInterval(() => {}, 1000)' : 'process.stdin.resume()';
    const argv = [run, '--engine', engineUnderTest, process.execPath, '-e', startContainer + ending];
    const own = `require('node:child_process').spawn(process.argv[1], process.argv.slice(2), { stdio: ['pipe', 1, 2], detached: true })`;
    const [command = '', ...args] = victim === 'run' ? argv : [process.execPath, '-e', own, ...argv];
    const owner = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    const name = await firstLine(owner);
    expect(traces(name).length).toBeGreaterThan(5);
    owner.kill('SIGKILL');
    await expect.poll(() => traces(name), { timeout: 3000 }).toEqual([]);
    expect(machine()).toBe(before);
  });
});

describe('the command on a host', () => {
  test('may be another host, which does not take this one for a leftover', () => {
    const script = `"$0" --engine none true; test -S "$THROWAWAY_STATE/engine.sock" && echo both`;
    const { stdout, stderr } = spawnSync(run, ['sh', '-c', script, run], { encoding: 'utf8' });
    expect({ stdout, stderr }).toEqual({ stdout: 'both\n', stderr: '' });
  });

  test('gets its arguments and decides the exit code', () => {
    const argv = [
      '--engine',
      'none',
      '--',
      'sh',
      '-c',
      'echo "$1"; ip -brief link | cut -d " " -f 1; exit 7',
      'sh',
      'a  b',
    ];
    const { status, stdout, stderr } = spawnSync(run, argv, { encoding: 'utf8' });
    expect({ status, stdout, stderr }).toEqual({ status: 7, stdout: 'a  b\nlo\n', stderr: '' });
  });

  test('is told of Ctrl-C and may end as it likes', async () => {
    const script = 'trap "echo tidied; exit 3" INT; echo $THROWAWAY_NAME; while :; do sleep 0.05; done';
    const child = spawn(run, ['--engine', 'none', 'sh', '-c', script], {
      detached: true,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const name = await firstLine(child);
    const tidied = firstLine(child);
    process.kill(-(child.pid ?? 0), 'SIGINT');
    expect(await tidied).toBe('tidied');
    await expect.poll(() => child.exitCode).toBe(3);
    expect(traces(name)).toEqual([]);
  });
});
