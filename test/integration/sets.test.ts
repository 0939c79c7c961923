import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Container } from '../host/container.ts';
import { startHost, type ThrowawayHost } from '../host/throwaway-host.ts';

const networks = {
  front: { subnet: ['172.31.1.0/24', 'fd31:1::/64'] },
  back: { subnet: ['172.31.2.0/24', 'fd31:2::/64'] },
};
const ips = {
  app: { ip: '172.31.1.10', container_name: 'app' },
  app6: { ip: 'fd31:1::10', container_name: 'app' },
  db: { ip: '172.31.2.10', container_name: 'db' },
  db6: { ip: 'fd31:2::10', container_name: 'db' },
};
const first = { from: 'app', to: 'db', port: 5432 };
const second = { from: 'front', to: 'db', port: '7000-7002' };

interface Done {
  readonly converged: boolean;
  readonly rounds: number;
  readonly changes: readonly { readonly sign: string; readonly text: string; readonly result: string }[];
}

/** No rule looks into the set any more; only where the engine drops in raw are there any of ours. */
const letGo = 'iptables -F NETWRIGHT-FORWARD; iptables -t raw -F NETWRIGHT-RAW || :';

describe('accepts with ports are elements of a set', () => {
  let host: ThrowawayHost;
  let app: Container;

  beforeAll(async () => {
    host = await startHost();
    app = await host.container('app');
    const db = await host.container('db');
    for (const port of [5432, 7001, 9000]) await host.listen(db, { port });
    await host.sh('ipset create crowd hash:net comment; ipset add crowd 192.0.2.0/24 comment "not ours"');
  });
  afterAll(() => host.stop());

  const reach = async (port: number, address = '172.31.2.10'): Promise<string> => {
    const { kind } = await host.connect(app, { address, port, timeoutMs: 400 });
    return kind;
  };
  const apply = async (...policies: readonly object[]): Promise<readonly string[]> => {
    const { stdout, exitCode } = await host.netwright(['apply', '--json'], {
      file: { networks, ips, policies },
    });
    const { converged, changes } = JSON.parse(stdout) as Done;
    expect([exitCode, converged], stdout).toEqual([0, true]);
    return changes.map(({ sign, text, result }) => `${sign} ${text}${result === 'done' ? '' : ` ${result}`}`);
  };
  const elements = async (set: string): Promise<readonly string[]> => {
    const saved = await host.sh(`ipset save ${set}`);
    return [...saved.matchAll(/^add \S+ (\S+) .*comment "(.*)"$/gm)].map(
      ([, entry = '', comment = '']) => `${entry} ${comment}`,
    );
  };
  const rules = (): Promise<string> => host.sh('iptables-save; ip6tables-save');

  test('in both families, and packets pass by them and by nothing else', async () => {
    await apply(first, second);
    expect((await elements('netwright-allow')).toSorted()).toEqual([
      '172.31.2.10,tcp:5432,172.31.1.10 allow app -> db tcp/5432',
      '172.31.2.10,tcp:7000,172.31.1.0/24 allow front -> db tcp/7000-7002',
      '172.31.2.10,tcp:7001,172.31.1.0/24 allow front -> db tcp/7000-7002',
      '172.31.2.10,tcp:7002,172.31.1.0/24 allow front -> db tcp/7000-7002',
    ]);
    expect(await elements('netwright-allow6')).toHaveLength(4);
    expect(await rules()).not.toMatch(/dport 5432/);
    expect(await Promise.all([reach(5432), reach(7001), reach(9000)])).toEqual([
      'answered',
      'answered',
      'timeout',
    ]);
    expect(await reach(5432, 'fd31:2::10')).toBe('answered');
    expect(await apply(first, second)).toEqual([]);
  });

  test('a policy that changes changes its elements alone', async () => {
    const before = await rules();
    expect(await apply(first, { ...second, port: 7001 })).toEqual([
      '+ allow front → db tcp/7001',
      '- allow front → db tcp/7000-7002',
    ]);
    expect((await elements('netwright-allow')).toSorted()).toEqual([
      '172.31.2.10,tcp:5432,172.31.1.10 allow app -> db tcp/5432',
      '172.31.2.10,tcp:7001,172.31.1.0/24 allow front -> db tcp/7001',
    ]);
    const untouched = (text: string): string => text.replaceAll(/^#.*$|\[\d+:\d+\]/gm, '');
    expect(untouched(await rules())).toBe(untouched(before));
    expect(await Promise.all([reach(5432), reach(7001)])).toEqual(['answered', 'answered']);
    expect(await apply({ ...second, port: 7001 })).toEqual(['- allow app → db tcp/5432']);
    expect(await Promise.all([reach(5432), reach(7001)])).toEqual(['timeout', 'answered']);
  });

  test('a policy that moves from the set to a rule and back loses no packet of an open connection', async () => {
    await apply(first);
    const open = await host.open(app, { address: '172.31.2.10', port: 5432 });
    const logged = { ...first, log: true };
    const pings = async (): Promise<readonly string[]> => {
      const found: string[] = [];
      for (let n = 0; n < 10; n++) found.push((await open.ping(200)).kind);
      return [...new Set(found)];
    };
    const [there, during] = await Promise.all([apply(logged), pings()]);
    expect([there, during]).toEqual([['~ allow app → db tcp/5432', '- allowed flows'], ['echoed']]);
    expect(await elements('netwright-nets')).toHaveLength(2);
    const [back, again] = await Promise.all([apply(first), pings()]);
    expect([back, again]).toEqual([['~ allow app → db tcp/5432', '+ allowed flows'], ['echoed']]);
    expect(await apply(first)).toEqual([]);
  });

  test.each([
    ['an element', 'ipset del netwright-allow 172.31.2.10,tcp:5432,172.31.1.10'],
    ['all elements', 'ipset flush netwright-allow; ipset flush netwright-homes6'],
    ['a whole set', `${letGo}; ipset destroy netwright-allow`],
    ['what a set keeps', 'ipset create o hash:ip,port,net; ipset swap o netwright-allow; ipset destroy o'],
    ['the kind of a set', `${letGo}; ipset destroy netwright-allow; ipset create netwright-allow hash:ip`],
    ['a comment', 'ipset -exist add netwright-allow 172.31.2.10,tcp:5432,172.31.1.10 comment other'],
  ])('%s that somebody takes away comes back', async (_, damage) => {
    await host.sh(damage);
    const before = await elements('netwright-links');
    expect(await apply(first)).not.toEqual([]);
    expect(await elements('netwright-allow')).toEqual([
      '172.31.2.10,tcp:5432,172.31.1.10 allow app -> db tcp/5432',
    ]);
    expect(await elements('netwright-links')).toEqual(before);
    expect(await Promise.all([reach(5432), reach(9000)])).toEqual(['answered', 'timeout']);
    expect(await apply(first)).toEqual([]);
  });

  test('an element that somebody adds goes, and with it what it let through', async () => {
    await host.sh('ipset add netwright-allow 172.31.2.10,tcp:9000,172.31.1.10 comment "a back door"');
    expect(await reach(9000)).toBe('answered');
    expect(await apply(first)).toEqual(['- a back door']);
    expect(await reach(9000)).toBe('timeout');
  });

  test('a set left over from a replacement that was broken off is taken away', async () => {
    await host.sh('ipset create netwright-allow-new hash:ip,port,net comment');
    expect(await apply(first)).toEqual(['- empty set netwright-allow-new']);
    expect(await host.sh('ipset list -name')).not.toContain('-new');
  });

  test('sets: false says the same in rules, and takes the sets away', async () => {
    const file = { networks, ips, policies: [first], sets: false };
    expect(await host.netwright(['apply'], { file })).toMatchObject({ exitCode: 0 });
    expect(await host.sh('ipset list -name')).toBe('crowd\n');
    expect(await Promise.all([reach(5432), reach(9000)])).toEqual(['answered', 'timeout']);
    expect(await host.netwright(['plan'], { file })).toMatchObject({ exitCode: 0 });
    await apply(first);
    expect(await Promise.all([reach(5432), reach(9000)])).toEqual(['answered', 'timeout']);
  });

  test('destroy takes ours away, and nothing else', async () => {
    await host.netwright(['destroy']);
    expect(await host.sh('ipset list -name')).toBe('crowd\n');
    expect(await host.sh('ipset save crowd')).toContain('192.0.2.0/24 comment "not ours"');
  });
});
