import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { userChain } from '../host/engine-under-test.ts';
import { type DaemonScene, meets, sceneFile, startDaemonScene, until, untilQuiet } from './daemon-scene.ts';

/** In ms: where the kernel or the engine tells of it, and where it is looked for. */
const told = 10_000;
const lookedFor = 20_000;

const file = {
  ...sceneFile,
  // The first port is also opened by what a DNAT brings along, this one by the set alone.
  policies: [...sceneFile.policies, { from: 'app', to: 'db', port: 5433 }],
  routing: [
    {
      in: 'host',
      routes: [{ to: '10.60.0.0/24', via: '172.30.1.10' }],
      rules: [{ fwmark: 2, table: 200 }],
      sysctls: { 'net.ipv4.conf.lan0.accept_redirects': 0 },
    },
  ],
};

const toDb = { address: '172.30.2.10', port: 5432, timeoutMs: 200 };
const bySet = { ...toDb, port: 5433 };
const toNothing = { ...toDb, port: 5434 };
const fromOutside = { address: '10.9.0.1', port: 8080, timeoutMs: 200 };

/** Docker 28's raw rules look into the set, too. */
const letGo = 'iptables -F NETWRIGHT-FORWARD; iptables -t raw -F NETWRIGHT-RAW || :';

describe.each(['nft', 'legacy'] as const)('on a host whose engine writes to iptables-%s', (iptables) => {
  let scene: DaemonScene;
  beforeAll(async () => {
    scene = await startDaemonScene({ iptables, file });
  });
  afterAll(async () => await scene.host.stop());
  beforeEach(async () => await untilQuiet(scene.daemon));

  /** Who may pass does, and who may not does not. */
  async function isWhole(): Promise<boolean> {
    const { host, app, lan } = scene;
    const met = await Promise.all([
      meets(host, app, toDb),
      meets(host, app, bySet),
      meets(host, lan, fromOutside),
      meets(host, app, toNothing),
    ]);
    return met.join() === 'db,db,db,timeout';
  }
  /** The jumps into our chains, and whether something stands before them. */
  const hooks = async () => {
    const { stdout } = await scene.host.exec([`iptables-${iptables}-save`]);
    const jumps = stdout.split('\n').filter((line) => /^-A \S+ -j NETWRIGHT/.test(line));
    const isBehind = new RegExp(`^-A ${userChain} .*DROP\n-A ${userChain} -j NETWRIGHT`, 'm').test(stdout);
    return [...jumps.sort(), isBehind].join('\n');
  };
  const tool = (line: string) => line.replaceAll('iptables ', `iptables-${iptables} `);

  test.each([
    ['an element is deleted', 'ipset del netwright-allow 172.30.2.10,tcp:5433,172.30.1.10'],
    ['a set is flushed', 'ipset flush netwright-allow'],
    ['a set is deleted', `until ${letGo}; ipset destroy netwright-allow; do :; done`],
  ])('%s, and packets pass again', async (what, command) => {
    const { host, daemon } = scene;
    expect(await isWhole()).toBe(true);
    const before = (await host.sh('ipset list -terse netwright-allow')).match(/Number of entries: .*/)?.[0];
    await host.sh(tool(command));
    await until(what, lookedFor, isWhole);
    await daemon.waitForLine(/"message":"changed from outside".*"what":"sets on the host"/, lookedFor);
    expect(await host.sh('ipset list -terse netwright-allow')).toContain(before);
  });

  // The last ones take the engine's own jumps along, which nobody puts back.
  const damages: readonly (readonly [what: string, command: string])[] = [
    ['a hook is deleted', `iptables -D ${userChain} -j NETWRIGHT-FORWARD`],
    ['a hook is moved', `iptables -I ${userChain} -s 172.30.1.10 -j DROP`],
    ['one rule of ours is deleted', 'iptables -D NETWRIGHT-FORWARD 1'],
    ['our chain is flushed', 'iptables -F NETWRIGHT-FORWARD'],
    [
      'our chain is deleted',
      `iptables -D ${userChain} -j NETWRIGHT-FORWARD; iptables -F NETWRIGHT-FORWARD; iptables -X NETWRIGHT-FORWARD`,
    ],
    ['the nat table is flushed', 'iptables -t nat -F'],
    ['the filter table is flushed', 'iptables -F'],
    ...(iptables === 'nft' ? ([['every table is deleted', 'nft flush ruleset']] as const) : []),
  ];
  test.each(damages)('%s, and packets pass again', async (what, command) => {
    const { host, daemon } = scene;
    expect(await isWhole()).toBe(true);
    const before = await hooks();
    await host.sh(tool(command));
    expect(await until(what, lookedFor, isWhole)).toBeLessThan(iptables === 'nft' ? told : lookedFor);
    const line = await daemon.waitForLine(/"message":"changed from outside"/, lookedFor);
    expect(JSON.parse(line)).toMatchObject({ what: 'rules on the host', level: 'info' });
    if (iptables === 'nft') {
      const who = command.startsWith('nft')
        ? /^nft \(pid \d+ on the host\)$/
        : /^iptables.* \(.*pid \d+ on the host\)$/;
      expect(JSON.parse(line)).toMatchObject({ by: expect.stringMatching(who) as string });
    }
    if (command.includes('NETWRIGHT') || command.includes(userChain)) expect(await hooks()).toBe(before);
    await host.exec(['sh', '-c', tool(`iptables -D ${userChain} -s 172.30.1.10 -j DROP`)]);
  });

  test.each([
    ['a route', 'ip route del 10.60.0.0/24', 'ip route', '10.60.0.0/24 via 172.30.1.10', 'missing: route'],
    ['a rule', 'ip rule del fwmark 2 table 200', 'ip rule', 'fwmark 0x2 lookup 200', 'missing: rule'],
    [
      'a route that is replaced',
      'ip route replace 10.60.0.0/24 via 172.30.1.11 proto 78',
      'ip route',
      '10.60.0.0/24 via 172.30.1.10',
      'too much: route',
    ],
  ])('%s comes back', async (what, damage, list, whole, found) => {
    const { host, daemon } = scene;
    await host.sh(damage);
    const has = async () => (await host.sh(list)).includes(whole);
    expect(await until(what, lookedFor, has)).toBeLessThan(told);
    const line = await daemon.waitForLine(/"message":"changed from outside"/, lookedFor);
    expect(JSON.parse(line)).toMatchObject({ what: 'routes on the host' });
    expect((JSON.parse(line) as { found: string }).found).toContain(found);
  });

  test('a changed sysctl is set again', async () => {
    const { host, daemon } = scene;
    const key = '/proc/sys/net/ipv4/conf/lan0/accept_redirects';
    await host.sh(`echo 1 >${key}`);
    expect((await host.sh(`cat ${key}`)).trim()).toBe('1');
    await until('a changed sysctl', lookedFor, async () => (await host.sh(`cat ${key}`)).trim() === '0');
    const line = await daemon.waitForLine(/"message":"changed from outside"/, lookedFor);
    expect(JSON.parse(line)).toMatchObject({
      what: 'sysctls on the host',
      found: expect.stringContaining('accept_redirects') as string,
    });
  });

  test('one edit of the file is one pass, and our own rules are no reason for another', async () => {
    const { host, daemon } = scene;
    const from = scene.log().length;
    // An element of a set, rules in two tables, and a rule among others.
    const edits = [
      { from: 'app', to: 'db', port: 7001 },
      { nat: 'dnat', iface: 'lan0', to: 'db', port: 7002, to_port: 5432 },
      { from: 'app', to: 'db', port: 7003, action: 'drop' },
    ];
    for (const edit of edits) {
      const more = [edit, ...file.policies];
      host.write('networks.json', { ...file, policies: more });
      await daemon.waitForLine(/"message":"pass"/, lookedFor);
      await untilQuiet(daemon, 1500);
    }
    const lines = scene.log().slice(from);
    const passes = lines.filter(({ message }) => message === 'pass').map(({ because }) => because);
    expect(passes.filter((because) => because?.[0] !== 'period')).toEqual([['file'], ['file'], ['file']]);
    expect(lines.filter(({ message }) => message === 'changed from outside')).toEqual([]);
  });
});
