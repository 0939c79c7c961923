import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Container } from '../host/container.ts';
import { lacking, rulesUnderTest } from '../host/engine-under-test.ts';
import type { HostProcess } from '../host/host-process.ts';
import type { Place } from '../host/inside.ts';
import { startHost, type ThrowawayHost } from '../host/throwaway-host.ts';
import { meets, until, untilQuiet } from './daemon-scene.ts';

/** In ms. */
const soon = 25_000;

/** A router between two networks, in which a rule stops what it would forward. */
const file = {
  policies: [{ in: 'router', from: '172.30.1.0/24', to: '172.30.2.0/24', port: 80, action: 'drop' }],
  routing: [
    {
      in: 'router',
      routes: [{ to: '10.61.0.0/24', via: '172.30.1.1' }],
      sysctls: { 'net.ipv4.ip_forward': 1 },
    },
  ],
};
const forward = '/proc/sys/net/ipv4/ip_forward';

const isPodman = lacking('where reading takes so long, a look is there before a start is heard of', 'podman');

let host: ThrowawayHost;
let client: Container;
let router: Container;
let daemon: HostProcess;
/** Namespaces of containers in which links and routes were read. */
let read: string;

const passes = async () =>
  (await meets(host, client, { address: '172.30.2.10', port: 80, timeoutMs: 100 })) === 'web';
const hasRules = async (place: Place = router) =>
  ((await host.save(place))[rulesUnderTest] ?? '').includes('NETWRIGHT-');
const forwards = async (place: Place = router) =>
  (await host.sh(`cat ${forward}`, { in: place })).trim() === '1';

/** The folder of programs by these names, which do this once the ones that they stand before have done their work. */
async function folderOf(programs: Readonly<Record<string, string>>): Promise<string> {
  let folder = '';
  for (const [name, then] of Object.entries(programs)) {
    const real = (await host.sh(`command -v ${name}`)).trim();
    const path = host.write(`slow/${name}`, `#!/bin/sh\n${real} "$@"\ncode=$?\n${then}\nexit $code\n`);
    await host.sh(`chmod +x ${path}`);
    folder = path.slice(0, -name.length - 1);
  }
  return folder;
}

beforeAll(async () => {
  host = await startHost();
  await host.network('front', { subnet: '172.30.1.0/24' });
  await host.network('back', { subnet: '172.30.2.0/24' });
  client = await host.container('client', { networks: { front: { ipv4: '172.30.1.20' } } });
  router = await host.container('router', {
    networks: { front: { ipv4: '172.30.1.30' }, back: { ipv4: '172.30.2.30' } },
  });
  const web = await host.container('web', { networks: { back: { ipv4: '172.30.2.10' } } });
  await host.listen(web, { port: 80 });
  await host.sh('ip route add 172.30.2.0/24 via 172.30.1.30', { in: client });
  await host.sh('ip route add 172.30.1.0/24 via 172.30.2.30', { in: web });
  // Where br_netfilter shows them, Podman's own masquerade takes packets that leave a network through a container, too.
  const shown = '/proc/sys/net/bridge/bridge-nf-call-iptables';
  if (host.isPodman) await host.sh(`[ ! -e ${shown} ] || echo 0 >${shown}`);
  await host.sh(`echo 1 >${forward}`, { in: router });
  expect(await passes()).toBe(true);
  await host.sh(`echo 0 >${forward}`, { in: router });
  expect(await passes()).toBe(false);
  read = host.write('read', '');
  const own = (await host.sh('readlink /proc/self/ns/net')).trim();
  const slowly = 'sleep 2';
  const folder = await folderOf({
    // It waits for a lock of the kernel's where many containers start.
    ip: `where=$(readlink /proc/self/ns/net)\n[ "$where" = '${own}' ] || { sleep 1; echo "$where" >>${read}; }`,
    'iptables-nft-restore': slowly,
    'iptables-legacy-restore': slowly,
  });
  daemon = await host.startNetwright(['watch'], {
    file: host.write('networks.json', file),
    env: { LOG_FORMAT: 'json', DEBUG: '1', PATH: `${folder}:${process.env['PATH'] ?? ''}` },
  });
  await until('rules and forwarding', soon, async () => (await forwards()) && (await hasRules()));
}, 120_000);
afterAll(async () => await host.stop());

test.skipIf(isPodman)(
  'a container that starts has its rules before its routes are read, unless a look was there first',
  async () => {
    const wereFirst: boolean[] = [];
    while (!wereFirst.includes(true) && wereFirst.length < 4) {
      await untilQuiet(daemon, 4000);
      await host.sh(`: >${read}`);
      await router.restart();
      const namespace = (await host.sh('readlink /proc/self/ns/net', { in: router })).trim();
      await until('rules', soon, () => hasRules());
      wereFirst.push(!(await host.sh(`cat ${read}`)).includes(namespace));
      await until('forwarding', soon, () => forwards());
      expect(await passes()).toBe(false);
    }
    expect(wereFirst).toContain(true);
  },
  180_000,
);

test('where the rules of one that runs go, it forwards no more before', async () => {
  await untilQuiet(daemon, 4000);
  expect(await forwards()).toBe(true);
  const { Pid } = (await router.inspect()).State;
  const namespace: Place = { name: 'router', netns: () => Promise.resolve(`/proc/${Pid}/ns/net`) };
  await host.docker.getContainer(router.name).rename({ name: 'former' });
  const passed: boolean[] = [];
  let isOver = false;
  const watching = async (): Promise<void> => {
    while (!isOver) passed.push(await passes());
  };
  const watched = watching();
  try {
    const isEmpty = async () => !(await hasRules(namespace)) && !(await forwards(namespace));
    await until('rules and forwarding gone', soon, isEmpty);
    await sleep(500);
  } finally {
    isOver = true;
    await watched;
  }
  expect(passed.length).toBeGreaterThan(5);
  expect(passed).not.toContain(true);
}, 90_000);
