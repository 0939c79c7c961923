import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Container } from '../host/container.ts';
import type { HostProcess } from '../host/host-process.ts';
import { startHost, type ThrowawayHost } from '../host/throwaway-host.ts';
import { until } from './daemon-scene.ts';

/** `outer` is behind nobody, `sentry` behind `outer`, and two networks behind `sentry`. */
const file = {
  networks: {
    uplink: { subnet: '172.20.9.0/24', gateway: '172.20.9.1' },
    middle: { subnet: '172.20.6.0/24', gateway: '172.20.6.1' },
    bottle: { subnet: '172.20.5.0/24', gateway: '172.20.5.1' },
    flask: { subnet: '172.20.4.0/24', gateway: '172.20.4.1' },
  },
  ips: {
    '172.20.6.1': { container_name: 'outer', as_gateway: true },
    '172.20.5.1': { container_name: 'sentry', as_gateway: true },
    '172.20.4.1': { container_name: 'sentry', as_gateway: true },
  },
};

let host: ThrowawayHost;
let web: Container;
let members: readonly Container[];
let daemon: HostProcess;

const asked = async (from: Container) =>
  await host.connect(from, { address: await web.address(), port: 80, timeoutMs: 400 });
const allGetOut = async () =>
  (await Promise.all(members.map(asked))).every(({ kind }) => kind === 'answered');

beforeAll(async () => {
  host = await startHost();
  const path = host.write('networks.json', file);
  expect(await host.netwright(['apply', '-f', path])).toMatchObject({ exitCode: 0, stderr: '' });
  // Members come first.
  members = [
    await host.container('a-bottle', { networks: ['bottle'] }),
    await host.container('a-flask', { networks: ['flask'] }),
  ];
  daemon = await host.startNetwright(['watch'], { file: path });
  web = await host.container('web', { networks: ['uplink'] });
  await host.listen(web, { port: 80 });
  await host.container('sentry', { networks: ['middle'] });
  await host.container('outer', { networks: ['uplink'] });
});

afterAll(async () => {
  await daemon.kill('SIGTERM');
  await host.stop();
});

test('the members of two networks go out by their gateway, and that by its own', async () => {
  await until('both gateways started → all get out', 20_000, allGetOut);
  const outer = await host.docker.getContainer('outer').inspect();
  const own = outer.NetworkSettings.Networks['uplink']?.IPAddress;
  for (const member of members) expect(await asked(member)).toMatchObject({ by: 'web', clientAddress: own });
});

test('nothing passes while the outer gateway is away, and the next packet once it is back', async () => {
  const outer = host.docker.getContainer('outer');
  await outer.stop({ t: 1 });
  for (const member of members) expect((await asked(member)).kind).not.toBe('answered');
  await outer.start();
  await until('the outer gateway started → all get out', 20_000, allGetOut);
});

test('an engine that was restarted, and containers that are started anew, find each other again', async () => {
  await host.restartEngine();
  for (const name of ['a-bottle', 'a-flask', 'web', 'sentry', 'outer']) {
    const handle = host.docker.getContainer(name);
    if (!(await handle.inspect()).State.Running) await handle.start();
  }
  // Podman's containers outlive it, and so does who listens there.
  await host.listen(web, { port: 80 }).catch(() => undefined);
  await until('all containers run again → all get out', 30_000, allGetOut);
});
