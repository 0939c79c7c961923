import { afterAll, beforeAll, expect, test } from 'vitest';
import { readEndpointMark } from '../../src/host/podman-mark.ts';
import type { Container } from '../host/container.ts';
import type { Outside } from '../host/outside.ts';
import { startHost, type ThrowawayHost } from '../host/throwaway-host.ts';
import { CrashPoints } from './crash-points.ts';

/** Between the two files nearly everything changes, a network is replaced, and each is the other's way back. */
function file(which: 'one' | 'other'): object {
  const [net, value] = which === 'one' ? [2, 0] : [3, 1];
  return {
    networks: {
      front: { subnet: '172.30.1.0/24', gateway: '172.30.1.1' },
      back: { subnet: `172.30.${net}.0/24`, on_conflict: 'recreate' },
    },
    ips: {
      app: { ip: '172.30.1.10', container_name: 'app' },
      db: {
        ip: `172.30.${net}.10`,
        container_name: 'db',
        aliases: ['store'],
        mac_address: '02:10:00:00:00:10',
      },
    },
    policies: [
      { from: 'app', to: 'db', port: 5432 },
      { nat: 'dnat', in: 'app', to: 'db', port: 80, to_port: 5432 },
      { nat: 'dnat', iface: 'lan0', to: 'db', port: 8080, to_port: 5432 },
    ],
    routing: [
      {
        in: 'host',
        routes: [{ to: `10.60.${net}.0/24`, via: '172.30.1.10' }],
        rules: [{ fwmark: net, table: 100 }],
        sysctls: { 'net.ipv4.conf.lan0.accept_redirects': value },
      },
      {
        in: 'app',
        routes: [{ to: `10.50.${net}.0/24`, via: '172.30.1.1' }],
        sysctls: { 'net.ipv4.conf.all.log_martians': value, 'net.ipv4.conf.all.rp_filter': value },
      },
    ],
  };
}

interface Scene {
  readonly host: ThrowawayHost;
  readonly lan: Outside;
  readonly app: Container;
  readonly db: Container;
  readonly client: Container;
  readonly members: readonly Container[];
}

let scene: Scene;

beforeAll(async () => {
  const host = await startHost();
  const lan = await host.outside('lan0', '10.9.0.1/24', '10.9.0.2/24');
  await host.network('front', { subnet: '172.30.1.0/24', gateway: '172.30.1.1' });
  await host.network('back', { subnet: '172.30.2.0/24' });
  const app = await host.container('app', { networks: { front: { ipv4: '172.30.1.10' } } });
  const client = await host.container('client', { networks: ['front'] });
  const db = await host.container('db', { networks: { back: { ipv4: '172.30.2.10' } } });
  const guest = await host.container('guest', { networks: { back: { aliases: ['printer'] } } });
  const asleep = await host.container('asleep', {
    networks: { back: { aliases: ['scanner'] } },
    start: false,
  });
  await host.listen(db, { port: 5432 });
  await host.listen(db, { port: 5433 });
  scene = { host, lan, app, db, client, members: [db, guest, asleep] };
});
afterAll(async () => await scene.host.stop());

test('after a crash of apply at any of its changes the next one finishes the work and loses nobody', {
  timeout: 480_000,
}, async () => {
  const { host } = scene;
  const first = await host.netwright(['apply'], { file: file('one') });
  expect(first, first.stdout).toMatchObject({ exitCode: 0, stderr: '' });
  const crash = new CrashPoints(host);
  const killedAt: string[] = [];
  let which: 'one' | 'other' = 'one';
  // One way has more to change than the other, so both must have come to their end.
  for (let ended = 0; ended < 2; ) {
    which = which === 'one' ? 'other' : 'one';
    const did = await crash.run(['apply'], file(which), killedAt.length + 1);
    ended = did === undefined ? ended + 1 : 0;
    if (did !== undefined) killedAt.push(did);
    const applied = await host.netwright(['apply'], { file: file(which) });
    expect(applied, `killed at ${did}`).toMatchObject({ exitCode: 0, stderr: '' });
    const [planned, met] = await Promise.all([host.netwright(['plan'], { file: file(which) }), state(which)]);
    expect(planned, `killed at ${did}`).toMatchObject({ stdout: 'No changes.\n', exitCode: 0 });
    expect(met, `killed at ${did}`).toEqual(asItShouldBe);
  }
  expect(killedAt.length).toBeGreaterThan(16);
  expect(new Set(killedAt.map(kindOf))).toEqual(new Set(kindsOn(host)));
});

const kinds = [
  'POST /volumes/create',
  'POST /networks/…/disconnect',
  'DELETE /networks/…',
  'POST /networks/create',
  'iptables-nft-restore',
  'dd',
  'ip -4 route',
  'ip -4 rule',
  'ip link',
  'POST /networks/…/connect',
  'DELETE /volumes/…',
];

/** Podman's networks are made by its own API, and it takes a MAC that is asked for. */
const kindsOn = ({ isPodman }: ThrowawayHost) =>
  isPodman
    ? kinds
        .filter((kind) => kind !== 'ip link')
        .map((kind) => kind.replace('/networks/create', '/libpod/networks/create'))
    : kinds;

function kindOf(did: string): string {
  const call = did.replace(/\?.*/, '').replace(/(?<=\/(networks|volumes)\/)(?!create$)[^/]+/, '…');
  return /^(ip (-4 )?(route|rule|link)|dd|iptables-nft-restore)(?= )/.exec(call)?.[0] ?? call;
}

const asItShouldBe = {
  allowed: 'db',
  insideNat: 'db',
  hostNat: 'db',
  notAllowed: 'timeout',
  aliases: [['store'], ['printer'], ['scanner']],
  address: true,
  volumes: [],
};

/** What packets meet, and what the members of the replaced network have. */
async function state(which: 'one' | 'other'): Promise<object> {
  const { host, lan, app, client, db, members } = scene;
  const address = which === 'one' ? '172.30.2.10' : '172.30.3.10';
  const outcomes = await Promise.all([
    host.connect(app, { address, port: 5432 }),
    host.connect(client, { address: '172.30.1.10', port: 80 }),
    host.connect(lan, { address: '10.9.0.1', port: 8080 }),
    host.connect(app, { address, port: 5433, timeoutMs: 300 }),
  ]);
  const [allowed, insideNat, hostNat, notAllowed] = outcomes.map((outcome) =>
    outcome.kind === 'answered' ? outcome.by : outcome.kind,
  );
  const aliases = await Promise.all(
    members.map(async ({ name }) => {
      const { Id, NetworkSettings } = await host.docker.getContainer(name).inspect();
      // Docker has a text where its types have anything.
      const aliases = (NetworkSettings.Networks['back']?.Aliases ?? ['lost']) as readonly string[];
      // On Podman our mark is one more of them, and in some versions the container's name.
      const isOurs = (alias: string) => readEndpointMark(alias) !== undefined;
      return aliases.filter((alias) => !Id.startsWith(alias) && alias !== name && !isOurs(alias));
    }),
  );
  const { Volumes } = await host.docker.listVolumes();
  return {
    allowed,
    insideNat,
    hostNat,
    notAllowed,
    aliases,
    address: (await db.address('back')) === address,
    volumes: Volumes.map(({ Name }) => Name),
  };
}
