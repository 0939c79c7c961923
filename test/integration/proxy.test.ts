import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { Status } from '../../src/model/status.ts';
import type { Container } from '../host/container.ts';
import type { HostProcess } from '../host/host-process.ts';
import { until } from './daemon-scene.ts';
import { isRunning, limit, startWakeScene, type WakeScene } from './wake-scene.ts';

interface Service {
  readonly command?: string;
  readonly network_mode?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
}

/** Ends when it is told to, since proxytainer's command line has no time to wait for that. */
const stoppable = `trap 'exit 0' TERM
  mkdir -p /www && echo myserver > /www/index.html
  httpd -f -p 80 -h /www & wait`;

describe("proxytainer's command line", { timeout: 120_000 }, () => {
  let scene: WakeScene;
  /** In whose namespace netwright and the server are, as `network_mode: service:proxytainer` has it. */
  let proxytainer: Container;
  let server: Container;
  let proxy: HostProcess;

  /** As the README of proxytainer has it, but for a shorter time. */
  const usual = ['--port', '5001', '--host', 'localhost:80', '--group', 'mygroup', '--idle', '3'];
  const start = async (args: readonly string[] = usual, env: Readonly<Record<string, string>> = {}) => {
    const started = await scene.host.startNetwright(['proxy', ...args], { in: proxytainer, env });
    await started.waitForLine(/ listening /, limit);
    return started;
  };
  const status = async () => await scene.host.netwright(['status', '--json'], { in: proxytainer });
  const entry = async () => (JSON.parse((await status()).stdout) as Status).onDemand?.[0];
  const untilAsleep = async () => {
    try {
      await until('stopped', limit, async () => !(await isRunning(server)));
      await until('asleep', limit, async () => (await entry())?.state === 'asleep');
    } catch (error) {
      throw new Error(proxy.lines.join('\n'), { cause: error });
    }
  };

  beforeAll(async () => {
    scene = await startWakeScene();
    proxytainer = await scene.host.container('proxytainer', { ports: ['5000:5001'] });
    server = await scene.webServer('myserver', {
      networkMode: 'container:proxytainer',
      labels: { 'proxytainer.group': 'mygroup' },
      cmd: ['sh', '-c', stoppable],
    });
    proxy = await start();
  });
  afterAll(async () => await scene.stop());

  test('starts the containers of the group for who connects, and stops them when idle', async () => {
    expect(await isRunning(server)).toBe(false);
    const answers = await scene.ask(5000, { count: 20 });
    expect(answers, proxy.lines.join('\n')).toEqual(
      Array.from({ length: 20 }, () => expect.objectContaining({ body: 'myserver' }) as unknown),
    );
    expect(await isRunning(server)).toBe(true);
    await untilAsleep();
    await scene.answers(5000, 'myserver');
  });

  test('is told of by status beside it', async () => {
    const { exitCode, stdout } = await status();
    expect({ exitCode, ...(JSON.parse(stdout) as Status) }).toMatchObject({
      exitCode: 0,
      file: { path: 'proxy', state: 'in force' },
      onDemand: [{ name: 'mygroup', state: 'awake', wakes: 2 }],
    });
  });

  test.each(['SIGINT', 'SIGTERM'] as const)(
    'ends by %s at once, whoever is connected, and leaves the containers as they are',
    async (signal) => {
      const client = await scene.host.spawn(['bash', '-c', 'exec 3<>/dev/tcp/10.9.0.1/5000; exec cat <&3'], {
        in: scene.lan,
      });
      await until('carried', limit, async () => (await entry())?.carried === 1);
      expect(await proxy.kill(signal)).toBe(0);
      await client.exited;
      expect(await isRunning(server)).toBe(true);
      proxy = await start();
      await scene.answers(5000, 'myserver');
    },
  );

  test('serves as the example for compose has it', async () => {
    const text = readFileSync(
      new URL('../../examples/wake-on-connect/compose.yaml', import.meta.url),
      'utf8',
    );
    const { services } = parse(text) as { readonly services: Readonly<Record<string, Service>> };
    const { command = '', ports = [], volumes = [] } = services['proxytainer'] ?? {};
    expect(volumes).toEqual(['/var/run/docker.sock:/var/run/docker.sock:ro']);
    const around = await scene.host.container('around', { ports });
    const { network_mode: mode, labels = {} } = services['whoami'] ?? {};
    expect(mode).toBe('service:proxytainer');
    await scene.webServer('whoami', { networkMode: 'container:around', labels });
    const example = await scene.host.startNetwright(command.split(' '), { in: around });
    await example.waitForLine(/ listening /, limit);
    await scene.answers(9090, 'whoami');
    expect(await example.kill()).toBe(0);
  });

  test('fails at once where another program has the port, and says what is wrong with a flag', async () => {
    const again = await scene.host.netwright(['proxy', ...usual], { in: proxytainer });
    expect(again).toMatchObject({
      exitCode: 1,
      stderr: 'netwright: cannot listen on port 5001: another program has it\n',
    });
    const wrong = await scene.host.netwright(['proxy', '-p', '0', '--host', 'here', '-g', 'mine']);
    expect(wrong.exitCode).toBe(1);
    expect(wrong.stderr).toMatch(/^--port {2}.*\n--host {2}.*\n/);
  });

  test('waits for no health check and logs more where it is told to, and goes on when the engine was away', async () => {
    await scene.host.docker.createContainer({
      name: 'far',
      Image: 'busybox',
      Cmd: ['sh', '-c', stoppable],
      Labels: { 'netwright.group': 'far' },
      Healthcheck: { Test: ['CMD', 'false'], Interval: 1e9 },
      HostConfig: { PortBindings: { '80/tcp': [{ HostPort: '8081' }] } },
      ExposedPorts: { '80/tcp': {} },
    });
    const far = await scene.host.startNetwright(
      ['proxy', '-p', '5002', '--host', 'localhost:8081', '-g', 'far', '--no-health'],
      { env: { RUST_LOG: 'info,proxytainer=debug' } },
    );
    await far.waitForLine(/ listening /, limit);
    await scene.answers(5002, 'myserver');
    await scene.host.stopEngine();
    await far.waitForLine(/ warn .* the engine is away /, limit);
    // Docker takes its containers along.
    const expected = scene.host.isPodman ? { body: 'myserver' } : { error: 'ECONNRESET' };
    expect(await scene.ask(5002)).toMatchObject([expected]);
    await scene.host.startEngine();
    await until('there again', limit, async () => (await scene.ask(5002))[0]?.body === 'myserver');
    expect(await far.kill('SIGINT')).toBe(0);
  });
});
