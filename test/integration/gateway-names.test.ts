import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Container } from '../host/container.ts';
import { engineUnderTest, lacking } from '../host/engine-under-test.ts';
import type { HostProcess } from '../host/host-process.ts';
import type { Place } from '../host/inside.ts';
import { lookUp } from '../host/look-up.ts';
import { startHost, type ThrowawayHost } from '../host/throwaway-host.ts';
import { until } from './daemon-scene.ts';

const file = {
  networks: {
    uplink: { subnet: '172.20.6.0/24', gateway: '172.20.6.1' },
    bottle: { subnet: '172.20.5.0/24', gateway: '172.20.5.1' },
  },
  ips: { '172.20.5.1': { container_name: 'sentry', as_gateway: true, dns: true } },
};
/** What the resolver of each answers for any name, and so who was asked. */
const answers = { sentry: '192.0.2.1', loopback: '192.0.2.2', outside: '192.0.2.3' } as const;
const resolvers = { loopback: '127.0.0.1', outside: '198.51.100.10' } as const;
const hasResolver = engineUnderTest.startsWith('docker');

let host: ThrowawayHost;
let sentry: Container;
let bottle: Container;
let daemon: HostProcess;

const log = (name: string) => `${host.folder}/${name}.log`;

/** A resolver that answers every name and notes each question. */
async function resolver(name: keyof typeof answers, place: Place, ...listening: readonly string[]) {
  const answer = `--address=/#/${answers[name]}`;
  const notes = ['--log-queries', `--log-facility=${log(name)}`];
  const alone = ['--conf-file=/dev/null', '--user=root', '--no-resolv', '--no-hosts', '--pid-file'];
  await host.spawn(['dnsmasq', '--keep-in-foreground', ...alone, ...notes, answer, ...listening], {
    in: place,
  });
  await until(`${name} → a resolver that listens`, 10_000, async () => {
    return (await host.sh(`cat ${log(name)} || true`)).includes('started');
  });
}

/** How many questions have come to the resolvers of the host. */
async function leaked(): Promise<number> {
  const noted = await host.sh(`cat ${log('loopback')} ${log('outside')}`);
  return noted.split('query[').length - 1;
}

/** What is the engine's resolver from now on, for containers that are made then. */
async function useResolver(address: string): Promise<void> {
  await host.sh(`for root in '' /run/engine/root; do
    [ ! -d "$root/etc" ] || echo 'nameserver ${address}' >"$root/etc/resolv.conf"
  done`);
}

let names = 0;
/** Asked for the first time, so that nobody remembers an answer. */
const asked = async (from: Container) => await lookUp(host, from, `n${names++}.example`);
const asksSentry = async (from: Container) => (await asked(from)).includes(answers.sentry);
const inside = async (place: Place) => await host.sh('iptables-save; ip route show table all', { in: place });
/** Its rules are there before its route is; of an engine without a resolver in its containers none is wanted. */
const isLed = async (member: Container) =>
  !hasResolver || /127\.0\.0\.11 via 172\.20\.5\.1/.test(await inside(member));

beforeAll(async () => {
  host = await startHost();
  const internet = await host.outside('up0', '198.51.100.1/24', `${resolvers.outside}/24`);
  await host.sh(`ip route add default via ${resolvers.outside}`);
  await resolver('loopback', host, '--listen-address=127.0.0.1', '--bind-interfaces');
  await resolver('outside', internet);
  await useResolver(resolvers.loopback);
  daemon = await host.startNetwright(['watch'], { file: host.write('networks.json', file) });
  await daemon.waitForLine(/waiting/i, 30_000);
  sentry = await host.container('sentry', { networks: ['uplink'] });
  await resolver('sentry', sentry);
  bottle = await host.container('bottle', { networks: ['bottle'] });
  await until('sentry is there → it answers', 30_000, async () => await asksSentry(bottle));
});
afterAll(async () => await host.stop());

for (const [kind, where] of [
  ['loopback', 'at a loopback address'],
  ['outside', 'outside'],
] as const)
  test(`a member asks its gateway, with the host’s resolver ${where}; who is in an ordinary network asks that`, async () => {
    await useResolver(resolvers[kind]);
    const member = await host.container(`member-${kind}`, { networks: ['bottle'] });
    // A resolver outside Docker asks by way of the gateway, which answers before the member is led there itself.
    await until('a member started → it is led to its gateway', 20_000, async () => await isLed(member));
    await until('… and answered by it', 20_000, async () => await asksSentry(member));
    const before = await leaked();
    for (let times = 0; times < 5; times++) expect(await asked(member)).toContain(answers.sentry);
    expect(await leaked()).toBe(before);
    const free = await host.container(`free-${kind}`, { networks: ['uplink'] });
    await asked(free);
    if (hasResolver || kind === 'outside') expect(await leaked()).toBeGreaterThan(before);
    for (const one of [member, free]) await one.remove();
  });

const withResolver = test.skipIf(lacking('its containers have no resolver of the engine', 'podman'));

/** What is answered at the port where the engine's resolver really listens in the container. */
async function askedThere(): Promise<string> {
  const listening = await host.sh('ss -Hlnu src 127.0.0.11', { in: bottle });
  const [port = ''] = /127\.0\.0\.11:\d+/.exec(listening) ?? [];
  expect(port).not.toBe('');
  const argv = ['timeout', '2', 'busybox', 'nslookup', `n${names++}.example`, port];
  return (await host.exec(argv, { in: bottle })).stdout;
}

withResolver('the engine’s resolver is not found behind its own port either', async () => {
  const before = await leaked();
  expect(await askedThere()).not.toContain('192.0.2.');
  expect(await leaked()).toBe(before);
});

withResolver('over TCP, too, the gateway is asked', async () => {
  const before = await leaked();
  // A question for leak.example, with its length before it.
  const question = '\\0\\36\\22\\64\\1\\0\\0\\1\\0\\0\\0\\0\\0\\0\\4leak\\7example\\0\\0\\1\\0\\1';
  const ask = `(printf '${question}'; sleep 1) | busybox nc -w 3 127.0.0.11 53 | od -An -tu1 | tr -s ' \\n' ' '`;
  expect(await host.sh(ask, { in: bottle })).toContain(answers.sentry.replaceAll('.', ' '));
  expect(await leaked()).toBe(before);
});

withResolver(
  'who was run with the gateway for its name server keeps the engine’s names of containers',
  async () => {
    const member = await host.container('named', { networks: ['bottle'], dns: ['172.20.5.1'] });
    const before = await leaked();
    expect(await asked(member)).toContain(answers.sentry);
    expect(await lookUp(host, member, 'bottle')).toContain(await bottle.address());
    expect(await lookUp(host, bottle, 'named')).toContain(answers.sentry);
    expect(await leaked()).toBe(before);
    await member.remove();
  },
);

withResolver('either part of what leads there is put back', async () => {
  const before = await leaked();
  await host.sh('iptables -t nat -F NETWRIGHT-OUTPUT', { in: bottle });
  await until('the rules were flushed → they are back', 20_000, async () => {
    return (await inside(bottle)).includes('to-destination 172.20.5.1');
  });
  await host.sh('ip route del 127.0.0.11/32 table local', { in: bottle });
  await until('the route was deleted → it is back', 20_000, async () => await isLed(bottle));
  expect(await asked(bottle)).toContain(answers.sentry);
  expect(await leaked()).toBe(before);
});

withResolver('without the rules nobody is asked, and without all of it the host is', async () => {
  await daemon.kill('SIGTERM');
  const before = await leaked();
  await host.sh('iptables -t nat -F NETWRIGHT-OUTPUT', { in: bottle });
  expect(await asked(bottle)).not.toContain('192.0.2.');
  expect(await leaked()).toBe(before);
  await host.netwright(['destroy']);
  expect(await askedThere()).toContain(answers.loopback);
  expect(await leaked()).toBeGreaterThan(before);
});

test('leaves nothing in a member', async () => {
  await daemon.kill('SIGTERM');
  await host.netwright(['destroy']);
  expect(await inside(bottle)).not.toMatch(/NETWRIGHT|127\.0\.0\.11 via|proto 78/);
  expect(await inside(sentry)).not.toMatch(/NETWRIGHT|proto 78/);
});
