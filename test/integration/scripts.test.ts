import { chmodSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { HostProcess } from '../host/host-process.ts';
import { startHost, type ThrowawayHost } from '../host/throwaway-host.ts';
import { until } from './daemon-scene.ts';

let host: ThrowawayHost;
let daemon: HostProcess | undefined;

beforeAll(async () => {
  host = await startHost();
});
afterEach(async () => {
  await daemon?.kill('SIGKILL');
  daemon = undefined;
  await host.netwright(['destroy']);
});
afterAll(async () => await host.stop());

const networks = { front: { subnet: '172.30.1.0/24' } };

function script(name: string, text: string, mode = 0o755): string {
  const path = host.write(name, `#!/bin/sh\n${text}\n`);
  chmodSync(path, mode);
  return path;
}

function written(name: string): string {
  const path = `${host.folder}/files/${name}`;
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

async function start(content: object, env: Readonly<Record<string, string>> = {}): Promise<HostProcess> {
  daemon = await host.startNetwright(['watch'], { file: host.write('networks.json', content), env });
  return daemon;
}

/** Whether netwright has made its network. */
async function hasBegun(): Promise<boolean> {
  return (await host.docker.listNetworks()).some(({ Name }) => Name === 'front');
}

test('each is run once: before anything is changed, and when all is done', async () => {
  rmSync(`${host.folder}/files/told`, { force: true });
  const told = `${host.folder}/files/told`;
  const look = `iptables-save | grep -q NETWRIGHT && echo there || echo not there`;
  const say = `{ echo "$NETWRIGHT_EVENT $NETWRIGHT_INSTANCE $INTERNAL_NET_SUBNET"; ${look}; } >>${told}`;
  script('startup.sh', `${say}; echo starting; echo complaining >&2; printf 'a\\033[31mred'`);
  script('shutdown.sh', `${say}; echo ending`);
  const policies = [{ from: '10.9.0.0/24', to: 'front', port: 80 }];
  const content = { networks, policies, startup_script: './startup.sh', shutdown_script: 'shutdown.sh' };
  const running = await start(content, { INTERNAL_NET_SUBNET: '172.20.0.0/24' });
  await running.waitForLine(/pass .*changes=[1-9]/, 30_000);
  expect(written('told')).toBe('startup default 172.20.0.0/24\nnot there\n');

  host.write('networks.json', { ...content, startup_script: 'another.sh', strict: true });
  await running.waitForLine(/the startup script is another one now, and not run .*another\.sh/);
  host.write('networks.json', { ...content, startup_script: 'another.sh' });
  await running.waitForLine(/file read/);
  expect(await running.kill('SIGTERM')).toBe(0);
  expect(written('told')).toBe(
    'startup default 172.20.0.0/24\nnot there\nshutdown default 172.20.0.0/24\nthere\n',
  );
  const log = running.lines.join('\n');
  expect(log).toMatch(/startup script says {2}line=starting$/m);
  expect(log).toMatch(/startup script says {2}line=complaining$/m);
  expect(log).toContain('line="a\\u001b[31mred"');
  expect(log).toMatch(/shutdown script says {2}line=ending$/m);
  expect(log.match(/script begins/g)).toHaveLength(2);
  expect(log).not.toContain('172.20.0.0/24');
});

test('a startup script that fails stops the start, and what it said is shown', async () => {
  const startup = script('fails.sh', 'echo "no such device wg0" >&2; exit 3');
  script('never.sh', `touch ${host.folder}/files/never`);
  const running = await start({ networks, startup_script: startup, shutdown_script: 'never.sh' });
  expect(await running.exited).toBe(1);
  const log = running.lines.join('\n');
  expect(log).toContain('fails.sh ended with exit code 3\n  no such device wg0');
  expect(await hasBegun()).toBe(false);
  expect(written('never')).toBe('');
});

test('one that takes too long is ended with all it started, even what does not listen', async () => {
  const startup = script('hangs.sh', `trap '' TERM\nsleep 31234 &\necho waiting\nwhile :; do sleep 1; done`);
  const running = await start({ networks, startup_script: startup }, { SCRIPT_TIMEOUT_SECONDS: '0.5' });
  expect(await running.exited).toBe(1);
  expect(running.lines.join('\n')).toContain('hangs.sh did not end within 0.5 s\n  waiting');
  expect(await hasBegun()).toBe(false);
  expect(await host.sh('ps -eo args')).not.toMatch(/31234|hangs\.sh/);
});

test('Ctrl-C during the startup script ends both', async () => {
  const running = await start({ networks, startup_script: script('long.sh', 'echo on; sleep 31235') });
  await running.waitForLine(/startup script says {2}line=on/, 30_000);
  expect(await running.kill('SIGINT')).toBe(0);
  expect(await hasBegun()).toBe(false);
  expect(await host.sh('ps -eo args')).not.toContain('31235');
});

test('what a startup script leaves running is left running, and is heard', async () => {
  const startup = script('leaves.sh', '(sleep 1; echo still here; exec sleep 31236) & echo done');
  const running = await start({ networks, startup_script: startup });
  await running.waitForLine(/startup script ended/, 30_000);
  await running.waitForLine(/startup script says {2}line="still here"/);
  expect(await running.kill('SIGTERM')).toBe(0);
  expect(await host.sh('ps -eo args')).toContain('31236');
});

test('output without end is cut', async () => {
  const startup = script('talks.sh', 'head -c 5000 /dev/zero | tr "\\0" x; echo; seq 1 3000');
  const running = await start({ networks, startup_script: startup });
  await running.waitForLine(/startup script ended/, 30_000);
  const said = running.lines.filter((line) => line.includes('script says'));
  expect(said).toHaveLength(1001);
  expect(said.at(-1)).toContain('left out');
  expect(Math.max(...said.map(({ length }) => length))).toBeLessThan(2100);
});

test('one that fails at the end is told, and the exit code says so', async () => {
  const running = await start({ networks, shutdown_script: script('sad.sh', 'echo alas; exit 1') });
  await until('the network', 10_000, hasBegun);
  expect(await running.kill('SIGTERM')).toBe(1);
  expect(running.lines.join('\n')).toMatch(/error {2}the shutdown script failed .*exit code 1\\nalas/);
});

test('apply and plan run none', async () => {
  const file = { networks, startup_script: script('once.sh', `touch ${host.folder}/files/once`) };
  expect((await host.netwright(['plan'], { file })).exitCode).toBe(2);
  expect((await host.netwright(['apply'], { file })).exitCode).toBe(0);
  expect(written('once')).toBe('');
});
