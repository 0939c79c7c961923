import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Container } from '../host/container.ts';
import { startHost, type ThrowawayHost } from '../host/throwaway-host.ts';
import { meets, untilQuiet } from './daemon-scene.ts';

/** Ends only when it is killed. */
const stubborn = ['sh', '-c', 'trap "" TERM; while :; do sleep 1; done'];
const networks = { uplink: { subnet: '172.20.6.0/24' }, bottle: { subnet: '172.20.5.0/24' } };
const without = { networks };
const declared = { networks, ips: { web: { ip: '172.20.5.7', container_name: 'web' } } };

let host: ThrowawayHost;
let inBottle: Container;
let inUplink: Container;

beforeAll(async () => {
  host = await startHost();
  await apply(without);
  [inBottle, inUplink] = (await Promise.all(
    ['bottle', 'uplink'].map(
      async (network) => await host.container(`in-${network}`, { networks: [network] }),
    ),
  )) as [Container, Container];
});
afterAll(async () => await host.stop());

async function apply(file: object): Promise<string> {
  const { stdout, stderr, exitCode } = await host.netwright(['apply'], {
    file: host.write('one.json', file),
  });
  expect({ stdout, stderr, exitCode }).toMatchObject({ stderr: '', exitCode: 0 });
  return stdout;
}

/** It has a place in one network, and its address there; one in the other is declared. */
async function startWeb(): Promise<Container> {
  return await host.container('web', { networks: { uplink: { ipv4: '172.20.6.7' } }, cmd: stubborn });
}

/** Podman would only take note of the place, and when the container has ended, its addresses would be nobody’s any more. */
async function joinsLaterOnPodman(): Promise<void> {
  const said = await apply(declared);
  if (host.isPodman) expect(said).toMatch(/web .*paused or just ending/);
  else expect(said).toContain('+ web in bottle');
}

async function hasBothPlaces(web: Container): Promise<void> {
  await host.listen(web, { port: 80 });
  // Podman makes another hardware address each time.
  await host.sh('ip neigh flush all', { in: inUplink });
  expect(await meets(host, inBottle, { address: '172.20.5.7', port: 80 })).toBe('web');
  expect(await meets(host, inUplink, { address: '172.20.6.7', port: 80 })).toBe('web');
}

/** Podman 5 waits for one that does not stop. */
async function removeAtOnce(web: Container): Promise<void> {
  await host.docker.getContainer(web.name).kill();
  await web.remove();
}

async function startsAgain(web: Container): Promise<void> {
  await web.start();
  await apply(declared);
  await hasBothPlaces(web);
  await removeAtOnce(web);
  await apply(without);
}

test('one that is being stopped gets its place, and starts again with all it had', async () => {
  const web = await startWeb();
  const stopped = host.docker.getContainer('web').stop({ t: 3 });
  await sleep(500);
  await joinsLaterOnPodman();
  await stopped;
  await apply(declared);
  await startsAgain(web);
});

test('one that is paused gets its place, and starts again with all it had', async () => {
  const web = await startWeb();
  await host.docker.getContainer('web').pause();
  await joinsLaterOnPodman();
  await host.docker.getContainer('web').unpause();
  await apply(declared);
  await hasBothPlaces(web);
  await host.docker.getContainer('web').kill();
  await startsAgain(web);
});

test('one that is being stopped leaves its place once it has ended', async () => {
  const web = await startWeb();
  await apply(declared);
  const stopped = host.docker.getContainer('web').stop({ t: 3 });
  await sleep(500);
  await apply(without);
  await stopped;
  await apply(without);
  expect(Object.keys((await web.inspect()).NetworkSettings.Networks)).toEqual(['uplink']);
  await startsAgain(web);
});

test('the daemon sees to it as soon as it has ended', async () => {
  const web = await startWeb();
  const daemon = await host.startNetwright(['watch'], { file: host.write('watched.json', without) });
  await daemon.waitForLine(/file read/, 30_000);
  await untilQuiet(daemon);
  const stopped = host.docker.getContainer('web').stop({ t: 3 });
  await sleep(500);
  host.write('watched.json', declared);
  await stopped;
  await untilQuiet(daemon);
  await web.start();
  await untilQuiet(daemon);
  await hasBothPlaces(web);
  expect(await daemon.kill('SIGTERM')).toBe(0);
  await removeAtOnce(web);
  await apply(without);
});

test('one that crashes in a loop gets its place, and goes on being started', async () => {
  const daemon = await host.startNetwright(['watch'], { file: host.write('watched.json', declared) });
  await daemon.waitForLine(/file read/, 30_000);
  await untilQuiet(daemon);
  await host.docker.createContainer({
    name: 'web',
    Image: 'busybox',
    Cmd: ['sh', '-c', 'sleep 0.1; exit 1'],
    HostConfig: { NetworkMode: 'uplink', RestartPolicy: { Name: 'always' } },
    NetworkingConfig: { EndpointsConfig: { uplink: { IPAMConfig: { IPv4Address: '172.20.6.7' } } } },
  });
  const web = host.docker.getContainer('web');
  await web.start();
  await sleep(5000);
  const { RestartCount, NetworkSettings } = await web.inspect();
  expect(RestartCount).toBeGreaterThan(2);
  expect(Object.keys(NetworkSettings.Networks).toSorted()).toEqual(['bottle', 'uplink']);
  // Between two of its lives there is nothing to stop.
  await web.stop({ t: 1 }).catch(() => undefined);
  await web.start();
  expect(await daemon.kill('SIGTERM')).toBe(0);
  await web.remove({ force: true });
  await apply(without);
});

test('a gateway that is told to stop keeps its connections until it has', async () => {
  const file = (port: number) => ({
    networks: { ...networks, guarded: { subnet: '172.20.7.0/24', gateway: '172.20.7.1' } },
    ips: { '172.20.7.1': { container_name: 'sentry', as_gateway: true } },
    policies: [{ from: 'uplink', to: 'bottle', port }],
  });
  const sentry = await host.container('sentry', { networks: ['uplink'], cmd: stubborn });
  await apply(file(6000));
  const worker = await host.container('worker', { networks: ['guarded'] });
  await apply(file(6000));
  await host.listen(sentry, { port: 5432 });
  const connection = await host.open(worker, { address: '172.20.7.1', port: 5432 });
  expect(await connection.ping(1000)).toEqual({ kind: 'echoed' });
  const stopped = host.docker.getContainer('sentry').stop({ t: 4 });
  await sleep(500);
  expect(await apply(file(6001))).toContain('6001');
  expect(await connection.ping(1000)).toEqual({ kind: 'echoed' });
  await stopped;
  await connection.close();
  await Promise.all([sentry, worker].map(async (each) => await each.remove()));
});

test('a network with one that is being stopped is destroyed once it has ended, and until then that is told', async () => {
  await Promise.all([inBottle, inUplink].map(async (each) => await each.remove()));
  await host.container('web', { cmd: stubborn });
  await apply(declared);
  const stopped = host.docker.getContainer('web').stop({ t: 3 });
  await sleep(500);
  const { exitCode, stderr } = await host.netwright(['destroy']);
  expect(exitCode).toBe(host.isPodman ? 1 : 0);
  expect(stderr).toMatch(host.isPodman ? /not all of it is gone\n.*run destroy again/ : /^$/);
  await stopped;
  expect(await host.netwright(['destroy'])).toMatchObject({ exitCode: 0, stderr: '' });
  const names = (await host.docker.listNetworks()).map(({ Name }) => Name);
  expect(names).not.toContain('bottle');
  expect(names).not.toContain('uplink');
});
