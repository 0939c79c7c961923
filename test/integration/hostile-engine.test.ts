import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Container } from '../host/container.ts';
import { startHost, type ThrowawayHost } from '../host/throwaway-host.ts';
import { forgedLine, gatherHostile, type HostileThings } from './hostile-things.ts';
import { Reconciler } from './reconciler.ts';

const file = {
  networks: { front: { subnet: '172.30.0.0/22' }, back: { subnet: '172.31.0.0/24', ingress: 'deny' } },
  ips: {
    '172.30.0.20': { container_name: 'app' },
    '172.30.0.21': { container_name: 'neighbour' },
    '172.31.0.10': { container_name: 'db' },
  },
  policies: [
    { from: 'app', to: 'db', port: 5432 },
    { from: 'label:role=web', to: 'db', port: 6000 },
    { from: 'label:role=web', to: 'db', port: 6001, log: true },
    { from: 'label:crew', to: 'db', port: 7007, description: 'whoever says so' },
    { nat: 'dnat', iface: 'lan0', to: 'db', port: 8080, to_port: 5432 },
  ],
} as const;

describe('on a host where others give networks and containers names and labels made to break out', () => {
  let host: ThrowawayHost;
  let reconciler: Reconciler;
  let app: Container;
  let neighbour: Container;
  let things: HostileThings;
  let ours: readonly string[];
  let guests: ReadonlySet<string>;

  beforeAll(async () => {
    host = await startHost();
    await host.outside('lan0', '10.9.0.1/24', '10.9.0.2/24');
    // Its name comes last, so that Docker's default route leads through ours.
    await host.network('zz', { subnet: '10.98.0.0/24' });
    app = await host.container('app', { networks: ['zz'] });
    neighbour = await host.container('neighbour', { networks: ['zz'], labels: { role: 'web' } });
    const db = await host.container('db', { networks: ['zz'] });
    for (const port of [5432, 6000, 6001, 7007]) await host.listen(db, { port });
    reconciler = await Reconciler.start(host);
    await inForce();
    ours = await oursOf(host);
    things = await gatherHostile(host, 'front');
    const places = await Promise.all(things.containers.map(async (each) => await each.inspect()));
    guests = new Set(
      places.flatMap(({ NetworkSettings: { Networks } }) =>
        Object.values(Networks).map(({ IPAddress }) => IPAddress),
      ),
    );
  }, 300_000);
  afterAll(async () => await host.stop());

  async function inForce(): Promise<void> {
    const came = await reconciler.change('networks.json', file, 60_000);
    expect(came).toMatchObject({ ok: true, converged: true, failed: [], left: [] });
  }

  /** What the label `crew` allows, and what says behind which bridges a container in several networks may be. */
  function isOfGuest(line: string): boolean {
    const [, set, address = '', link = ''] =
      /^add netwright-(allow 172\.31\.0\.10,tcp:7007|homes) ?,?([\d.]+)(?:,([\w-]+))? comment "[ -~]*"$/.exec(
        line,
      ) ?? [];
    return guests.has(address) && (set === 'homes') === (link !== '');
  }

  async function kinds(from: Container): Promise<readonly string[]> {
    const ask = async (port: number) =>
      (await host.connect(from, { address: '172.31.0.10', port, timeoutMs: 600 })).kind;
    return await Promise.all([5432, 6000, 6001, 7007].map(ask));
  }

  test('nothing comes into the kernel but what a policy says of a label that they do have', async () => {
    expect(things.containers.length).toBeGreaterThan(50);
    await inForce();
    const now = await oursOf(host);
    expect(ours.filter((line) => !now.includes(line))).toEqual([]);
    const come = now.filter((line) => !ours.includes(line));
    const strange = come.filter((line) => !isOfGuest(line));
    expect(strange).toEqual([]);
    expect(come.filter((line) => line.startsWith('add netwright-allow ')).length).toBe(guests.size);
    expect(await kinds(app)).toEqual(['answered', 'timeout', 'timeout', 'timeout']);
    expect(await kinds(neighbour)).toEqual(['timeout', 'answered', 'answered', 'timeout']);
    const [guest] = things.containers;
    if (guest === undefined) throw new Error('nobody came');
    expect(await kinds(guest)).toEqual(['timeout', 'timeout', 'timeout', 'answered']);
  }, 160_000);

  test('comments and interfaces that look like rules of others, or of ours, are nothing to do', async () => {
    const [guest] = things.containers;
    for (const place of [undefined, neighbour, guest]) {
      const options = place === undefined ? {} : { in: place };
      await host.exec(['iptables', '-N', 'THEIRS'], options);
      for (const comment of forgedComments)
        await host.exec(
          ['iptables', '-A', 'THEIRS', '-m', 'comment', '--comment', comment, '-j', 'RETURN'],
          options,
        );
      for (const [at, name] of ["it's", 'a"c', '\u001b[1A'].entries()) {
        await host.exec(['ip', 'link', 'add', name, 'type', 'bridge'], options);
        await host.exec(['ip', 'link', 'set', name, 'alias', forgedComments[at] ?? ''], options);
        await host.exec(['ip', 'route', 'add', `10.97.${at}.0/24`, 'dev', name], options);
      }
    }
    expect(await host.sh('ip -j link')).toContain("it's");
    expect(await host.sh('iptables-save')).toContain('\n-A FORWARD -j ACCEPT\n');
    const planned = await host.netwright(['plan'], { file });
    expect(planned.stdout).toMatch(/^No changes\.$/m);
    expect(planned).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await kinds(app)).toEqual(['answered', 'timeout', 'timeout', 'timeout']);
  });

  test('whatever is printed about them keeps to its line and says nothing to the terminal', async () => {
    const clashes = things.subnets.map((subnet, at) => [`clash-${at}`, { subnet }] as const);
    const speaking = { ...file, networks: { ...file.networks, ...Object.fromEntries(clashes) } };
    const said: string[] = [];
    for (const argv of [['plan'], ['plan', '--json'], ['apply'], ['doctor'], ['doctor', '--json']]) {
      const { stdout, stderr } = await host.netwright(argv, { file: speaking, timeout: 60_000 });
      expectTame(argv.join(' '), stdout + stderr);
      expect(stdout, argv.join(' ')).not.toMatch(/failed|Hash is full/);
      said.push(stdout);
    }
    const daemon = await host.startNetwright(['watch'], { file: host.write('speaking.json', speaking) });
    await daemon.waitForLine(/in force|pass/, 60_000);
    const status = await host.netwright(['status']);
    expectTame('status', status.stdout + status.stderr);
    await things.containers[2]?.restart();
    await things.containers[3]?.remove();
    await daemon.waitForLine(/guest-|changed/, 60_000);
    await daemon.kill('SIGTERM');
    for (const line of daemon.lines) {
      expectTame('watch', line);
      expect(line).toMatch(/^\d\d:\d\d:\d\d (debug|info {1}|warn {1}|error) /);
    }
    expect(said[0]).toContain('overlaps');
  }, 180_000);
});

/** As iptables-save and ip print them, lines of their own. */
const forgedComments = [
  'x\n-A FORWARD -j ACCEPT\n-A NETWRIGHT-FORWARD -j ACCEPT\n:NETWRIGHT-INPUT - [0:0]',
  'x"\nCOMMIT\n*nat\n:NETWRIGHT-PREROUTING - [0:0]\n-A PREROUTING -j NETWRIGHT-PREROUTING\n"y',
  "x'\u001b[2J\\",
  '\nCOMMIT\n',
];

function expectTame(what: string, text: string): void {
  expect(text.match(/(?!\n)[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e]/gu), what).toBeNull();
  expect(
    text.split('\n').filter((line) => line.trimStart().startsWith(forgedLine)),
    what,
  ).toEqual([]);
}

/** Everything in the kernel that carries our name, line by line. */
async function oursOf(host: ThrowawayHost): Promise<readonly string[]> {
  const { iptables = '', ip6tables = '', ipset = '', routes = '', rules = '', ...others } = await host.save();
  const legacy = `${others['iptables-legacy'] ?? ''}\n${others['ip6tables-legacy'] ?? ''}`;
  return [iptables, ip6tables, legacy, ipset, routes, rules]
    .flatMap((text, part) => text.split('\n').map((line) => (part === 3 ? line : `${part} ${line}`)))
    .filter((line) => /netwright|proto 78/i.test(line))
    .map((line) => line.replace(/ packets \d+ bytes \d+/, ''));
}
