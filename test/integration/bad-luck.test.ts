import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Container } from '../host/container.ts';
import { startHost, type ThrowawayHost } from '../host/throwaway-host.ts';
import { meets } from './daemon-scene.ts';
import { type ProxyHooks, startEngineProxy } from './engine-proxy.ts';

const file = {
  networks: {
    apps: { subnet: '172.30.1.0/24', gateway: '172.30.1.1' },
    back: { subnet: '172.30.2.0/24' },
  },
  ips: {
    app: { ip: '172.30.1.10', container_name: 'app' },
    brief: { ip: '172.30.1.11', container_name: 'brief' },
    db: { ip: '172.30.2.10', container_name: 'db' },
  },
  policies: [
    { from: 'app', to: 'db', port: 5432 },
    { nat: 'dnat', in: 'brief', to: 'db', port: 80, to_port: 5432 },
  ],
};

describe('without an engine', () => {
  let host: ThrowawayHost;

  beforeAll(async () => {
    host = await startHost({ engine: 'none' });
  });
  afterAll(async () => await host.stop());

  test.each(['plan', 'apply', 'destroy'])(
    '%s names every socket it tried and how to point elsewhere',
    async (command) => {
      const before = await host.save();
      const ended = await host.netwright([command], command === 'destroy' ? {} : { file });
      expect(ended).toMatchObject({ exitCode: 1, stdout: '' });
      expect(ended.stderr).toContain('unix:///var/run/docker.sock (no such socket)');
      expect(ended.stderr).toContain('unix:///run/podman/podman.sock (no such socket)');
      expect(ended.stderr).toMatch(/^hint: .*DOCKER_HOST=/m);
      expect(await host.save()).toEqual(before);
    },
  );

  test('a DOCKER_HOST that leads nowhere is named, and nothing else is tried', async () => {
    const ended = await host.netwright(['apply'], {
      file,
      env: { DOCKER_HOST: 'unix:///run/elsewhere.sock' },
    });
    expect(ended.exitCode).toBe(1);
    expect(ended.stderr).toContain('unix:///run/elsewhere.sock (no such socket)');
    expect(ended.stderr).not.toContain('podman.sock');
  });

  test('validate needs none', async () => {
    const ended = await host.netwright(['validate'], { file });
    expect(ended).toMatchObject({ exitCode: 0, stderr: '' });
  });
});

describe('with an engine', () => {
  let host: ThrowawayHost;
  let app: Container;
  let brief: Container;
  let db: Container;

  beforeAll(async () => {
    host = await startHost();
    app = await host.container('app');
    brief = await host.container('brief');
    db = await host.container('db');
    await host.listen(db, { port: 5432 });
  });
  afterAll(async () => await host.stop());

  /** Runs apply with somebody between it and the engine. */
  async function applyThrough(
    hooks: ProxyHooks,
  ): Promise<{ code: number | undefined; lines: readonly string[] }> {
    const proxy = await startEngineProxy(host, hooks);
    const child = await host.startNetwright(['apply'], { file, env: { DOCKER_HOST: proxy.dockerHost } });
    running = child;
    const code = await child.exited;
    await proxy.close();
    return { code, lines: child.lines };
  }
  let running: Awaited<ReturnType<ThrowawayHost['startNetwright']>> | undefined;

  async function isDone(): Promise<void> {
    const planned = await host.netwright(['plan'], { file });
    expect(planned.stdout).toMatch(/^No changes\.$/m);
    expect(planned.exitCode).toBe(0);
    expect(await meets(host, app, { address: '172.30.2.10', port: 5432 })).toBe('db');
  }

  test.each([
    ['another user', ['--reuid=65534', '--regid=65534', '--clear-groups'], 'CAP_NET_ADMIN and CAP_SYS_ADMIN'],
    ['root without NET_ADMIN', ['--bounding-set=-net_admin'], 'CAP_NET_ADMIN'],
  ])('%s is told at once what is lacking, and nothing is changed', async (_who, as, lacking) => {
    const path = host.write('networks.json', file);
    const before = await host.save();
    for (const command of ['plan', 'apply', 'watch', 'destroy']) {
      const options = command === 'destroy' ? [] : ['-f', path];
      const argv = ['setpriv', ...as, process.execPath, 'dist/main.js', command, ...options];
      const ended = await host.exec(argv, { timeout: 20_000 });
      expect(ended, command).toMatchObject({ exitCode: 1, stdout: '' });
      expect(ended.stderr).toContain(`reading and changing rules needs ${lacking}\n`);
      expect(ended.stderr).toMatch(/^hint: .*--cap-add NET_ADMIN/m);
    }
    expect(await host.save()).toEqual(before);
  });

  test('another user is told by doctor that the socket is closed to him', async () => {
    const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
    const ended = await host.exec([...nobody, process.execPath, 'dist/main.js', 'doctor'], {
      timeout: 20_000,
    });
    expect(ended.exitCode).toBe(1);
    expect(ended.stdout).toContain('(permission denied)\n');
    expect(ended.stdout).toContain('hint: Run as root, or as somebody who may use that socket');
  });

  test('a bad file changes nothing, and every mistake is named with its place', async () => {
    const before = await host.save();
    const bad = { ...file, networks: { apps: { subnet: '172.30.1.5/33' } }, policies: [{ port: 'many' }] };
    const ended = await host.netwright(['apply'], { file: bad });
    expect(ended).toMatchObject({ exitCode: 1, stdout: '' });
    expect(ended.stderr.match(/networks\.json:\d+:\d+/g)?.length).toBeGreaterThan(1);
    expect(ended.stderr).toContain('nothing was changed');
    expect(await host.save()).toEqual(before);
  });

  test('Ctrl-C in the middle ends after the change at work, says what is left, and the next apply does that', async () => {
    let isInterrupted = false;
    const { code, lines } = await applyThrough({
      sent: (call) => {
        // A second one ends it on the spot.
        if (isInterrupted || !/^POST .*\/networks\/create/.test(call)) return;
        isInterrupted = true;
        void running?.kill('SIGINT');
      },
    });
    expect(code).toBe(130);
    const text = lines.join('\n');
    expect(text).toMatch(/^ *✓ \+ apps /m);
    expect(text).toMatch(/^not done$/m);
    expect(text).toMatch(/allow app → db/);
    expect(text).toMatch(/^netwright: interrupted by SIGINT$/m);
    expect(await host.netwright(['apply'], { file })).toMatchObject({ exitCode: 0, stderr: '' });
    await isDone();
    expect(await host.netwright(['destroy'])).toMatchObject({ exitCode: 0 });
  });

  test('an engine that dies in the middle is told with what was done, and the next apply does the rest', async () => {
    let calls = 0;
    const { code, lines } = await applyThrough({
      before: async () => {
        if (++calls === 3) await host.killEngine();
      },
    });
    expect(code).toBe(1);
    expect(lines.join('\n')).toMatch(/^ *✓ \+ apps /m);
    expect(lines.join('\n')).toMatch(/^netwright: .*engine.*/m);
    await host.startEngine();
    for (const { Id, State } of await host.docker.listContainers({ all: true }))
      if (State !== 'running') await host.docker.getContainer(Id).start();
    // Podman's have gone on running, and who listens in them too.
    if (!host.isPodman) await host.listen(db, { port: 5432 });
    expect(await host.netwright(['apply'], { file })).toMatchObject({ exitCode: 0, stderr: '' });
    await isDone();
    expect(await host.netwright(['destroy'])).toMatchObject({ exitCode: 0 });
  });

  test.each([
    ['dies', 'kill', 'is not running'],
    ['is removed', 'remove', 'no such container yet'],
  ] as const)(
    'a container that %s between plan and apply is waited for, and fails nobody',
    async (_what, how, why) => {
      let calls = 0;
      const { code, lines } = await applyThrough({
        before: async () => {
          if (++calls > 1) return;
          await (how === 'kill' ? host.docker.getContainer('brief').kill() : brief.remove());
        },
      });
      const text = lines.join('\n');
      expect(text).toContain(why);
      expect(text).not.toContain('✗');
      expect(code).toBe(0);
      await isDone();
      expect(await host.netwright(['destroy'])).toMatchObject({ exitCode: 0 });
      if (how === 'kill') await brief.start();
    },
  );
});
