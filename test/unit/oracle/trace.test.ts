import { describe, expect, test } from 'vitest';
import type { DesiredTable, Match, Rule, TableName, Target } from '../../../src/model/ruleset.ts';
import { isMatch, type Packet } from '../../oracle/packet.ts';
import type { Sets } from '../../oracle/set.ts';
import { answerTo, trace } from '../../oracle/trace.ts';

const packet: Packet = {
  family: 4,
  source: '10.0.0.1',
  destination: '10.0.1.1',
  protocol: 'tcp',
  port: 80,
  sourcePort: 40_000,
  inInterface: 'br0',
  outInterface: 'br1',
};
const accept: Target = { kind: 'accept' };
const drop: Target = { kind: 'drop' };
const port = (number: number) => ({ from: number, to: number });
const rule = (match: Match, target: Target): Rule => ({ match, target });

function table(
  name: TableName,
  from: string,
  rules: readonly Rule[],
  more: DesiredTable['chains'] = [],
): DesiredTable {
  return {
    family: 4,
    table: name,
    chains: [{ name: 'OURS', rules }, ...more],
    hooks: [{ from: [from], into: 'OURS' }],
  };
}

const filter = (...rules: Rule[]): DesiredTable => table('filter', 'FORWARD', rules);
const prerouting = (...rules: Rule[]): DesiredTable => table('nat', 'PREROUTING', rules);

describe('a match', () => {
  test.each<readonly [boolean, Match]>([
    [true, {}],
    [true, { source: '10.0.0.0/24', destination: '10.0.1.1/32' }],
    [false, { source: '10.0.1.0/24' }],
    [false, { destination: 'fd00::/8' }],
    [true, { inInterface: 'br0', outInterface: 'br+' }],
    [false, { inInterface: 'br1' }],
    [false, { protocol: 'udp', destinationPorts: [port(80)] }],
    [true, { protocol: 'tcp', destinationPorts: [port(443), { from: 79, to: 80 }] }],
    [false, { protocol: 'tcp', destinationPorts: [port(81)] }],
    [false, { toLocalAddress: true }],
    [true, { states: ['NEW', 'RELATED'], direction: 'ORIGINAL' }],
    [false, { states: ['ESTABLISHED'] }],
    [false, { states: ['DNAT'] }],
    [false, { direction: 'REPLY' }],
    [true, { originalPorts: port(80) }],
    [true, { sourcePorts: [port(1), { from: 40_000, to: 40_001 }] }],
    [false, { sourcePorts: [port(80)] }],
    [true, { exceptInInterface: 'br1' }],
    [false, { exceptInInterface: 'br+' }],
    [false, { protocol: 'icmp', icmpType: 8 }],
  ])('is %s for %j', (expected, match) => {
    expect(isMatch(match, packet)).toBe(expected);
  });

  test('of a translated connection looks at the port the client asked for', () => {
    const translated: Packet = { ...packet, originalPort: 8080, translated: true };
    expect(isMatch({ states: ['DNAT'], originalPorts: port(8080) }, translated)).toBe(true);
    expect(isMatch({ originalPorts: port(80) }, translated)).toBe(false);
  });

  test('of a message looks at its number', () => {
    const ping: Packet = { ...packet, protocol: 'icmp', icmpType: 8 };
    expect(isMatch({ protocol: 'icmp', icmpType: 8 }, ping)).toBe(true);
    expect(isMatch({ protocol: 'icmp', icmpType: 0 }, ping)).toBe(false);
  });

  test('of an interface is none where no interface is known', () => {
    const { family, source, destination, protocol } = packet;
    expect(isMatch({ inInterface: 'br+' }, { family, source, destination, protocol })).toBe(false);
  });
});

describe('a match in a set', () => {
  const sets: Sets = [
    { name: 'allow', type: 'hash:ip,port,net', elements: [{ entry: '10.0.1.1,tcp:80,10.0.0.0/24' }] },
    { name: 'six', type: 'hash:ip,port,net', elements: [{ entry: 'fd00::1,udp:53,fd01::2' }] },
    { name: 'nets', type: 'hash:net', elements: [{ entry: '10.0.1.1' }, { entry: '10.0.2.0/24' }] },
    { name: 'links', type: 'hash:net,iface', elements: [{ entry: '10.0.0.0/8,br0' }] },
    {
      name: 'homes',
      type: 'hash:net,iface',
      elements: [{ entry: '10.0.0.0/8,br0' }, { entry: '10.0.0.1,br1' }],
    },
  ];
  const six: Packet = {
    family: 6,
    source: 'fd01::2',
    destination: 'fd00::1',
    protocol: 'udp',
    port: 53,
    sourcePort: 9,
  };

  test.each<readonly [boolean, string, NonNullable<Match['set']>['by'], Packet]>([
    [true, 'allow', ['dst', 'dst', 'src'], packet],
    [false, 'allow', ['dst', 'dst', 'src'], { ...packet, protocol: 'udp' }],
    [false, 'allow', ['dst', 'dst', 'src'], { ...packet, port: 8 }],
    [false, 'allow', ['dst', 'dst', 'src'], { ...packet, source: '10.0.9.1' }],
    [false, 'allow', ['src', 'src', 'dst'], packet],
    [true, 'allow', ['src', 'src', 'dst'], answerTo(trace([], packet))],
    [true, 'six', ['dst', 'dst', 'src'], six],
    [false, 'six', ['dst', 'src', 'src'], six],
    [true, 'nets', ['dst'], packet],
    [false, 'nets', ['src'], packet],
    [true, 'links', ['src', 'src'], packet],
    [false, 'links', ['src', 'dst'], packet],
    [false, 'homes', ['src', 'src'], packet],
    [true, 'homes', ['src', 'src'], { ...packet, inInterface: 'br1' }],
    [true, 'homes', ['src', 'src'], { ...packet, source: '10.0.0.2' }],
  ])('is %s for %s by %j', (expected, name, by, seen) => {
    expect(isMatch({ set: { name, by } }, seen, sets)).toBe(expected);
  });

  test('decides in a chain that is given the sets, and is a mistake without them', () => {
    const tables = [filter(rule({ set: { name: 'nets', by: ['dst'] } }, accept), rule({}, drop))];
    expect(trace(tables, packet, { sets }).verdict).toBe('accept');
    expect(trace(tables, { ...packet, destination: '10.0.1.2' }, { sets }).verdict).toBe('drop');
    expect(() => trace(tables, packet)).toThrow('not there: nets');
  });
});

describe('a traced packet', () => {
  test('gets the verdict of the first rule that matches', () => {
    const first = rule({ destinationPorts: [port(80)], protocol: 'tcp' }, accept);
    expect(trace([filter(first, rule({}, drop))], packet)).toMatchObject({ verdict: 'accept', by: first });
    expect(trace([filter(first, rule({}, drop))], { ...packet, port: 81 }).verdict).toBe('drop');
  });

  test('falls through where no rule matches, and where we have no table for it', () => {
    expect(trace([filter()], packet)).toMatchObject({ verdict: 'none', logged: [] });
    expect(trace([{ ...filter(rule({}, drop)), family: 6 }], packet).verdict).toBe('none');
    expect(trace([], packet).verdict).toBe('none');
  });

  test('is logged and goes on', () => {
    const tables = [
      filter(rule({}, { kind: 'log', prefix: 'a: ' }), rule({}, { kind: 'reject', with: 'tcp-reset' })),
    ];
    expect(trace(tables, packet)).toMatchObject({ verdict: 'reject', logged: ['a: '] });
  });

  test('comes back from a chain that decides nothing', () => {
    const rules = [rule({}, { kind: 'jump', chain: 'SUB' }), rule({}, accept)];
    const sub = (match: Match) => [{ name: 'SUB', rules: [rule(match, drop)] }];
    expect(trace([table('filter', 'FORWARD', rules, sub({ inInterface: 'wg0' }))], packet).verdict).toBe(
      'accept',
    );
    expect(trace([table('filter', 'FORWARD', rules, sub({}))], packet).verdict).toBe('drop');
    expect(() => trace([table('filter', 'FORWARD', rules)], packet)).toThrow('SUB');
  });

  test('is not forwarded when it is for the namespace itself', () => {
    const tables = [filter(rule({}, drop))];
    expect(trace(tables, packet, { localAddresses: ['10.0.1.1'] }).verdict).toBe('none');
    expect(
      trace([table('filter', 'INPUT', [rule({}, drop)])], { ...packet, toLocalAddress: true }).verdict,
    ).toBe('drop');
  });
});

describe('a translated packet', () => {
  const dnat = rule(
    { toLocalAddress: true, protocol: 'tcp', destinationPorts: [port(80)] },
    { kind: 'dnat', address: '10.0.2.2', ports: port(8080) },
  );
  const translated = rule({ destination: '10.0.2.2/32', states: ['DNAT'], originalPorts: port(80) }, accept);
  const surroundings = {
    localAddresses: ['10.0.1.1'],
    interfaceTo: (destination: string) => (destination === '10.0.2.2' ? 'br2' : undefined),
  };

  test('is filtered by where it goes then', () => {
    const {
      verdict,
      packet: after,
      translatedBy,
    } = trace([prerouting(dnat), filter(translated, rule({}, drop))], packet, surroundings);
    expect({ verdict, translatedBy }).toEqual({ verdict: 'accept', translatedBy: dnat });
    expect(after).toMatchObject({
      destination: '10.0.2.2',
      port: 8080,
      originalPort: 80,
      outInterface: 'br2',
      translated: true,
    });
  });

  test('keeps its port when that is in the range, or when none is said', () => {
    const range = { from: 79, to: 81 };
    const to = (target: Target) => trace([prerouting(rule({}, target))], packet).packet.port;
    expect(to({ kind: 'dnat', address: '10.0.2.2', ports: range })).toBe(80);
    expect(to({ kind: 'dnat', address: '10.0.2.2' })).toBe(80);
  });

  test('is not called translated when it keeps its address and port, as the kernel has it', () => {
    const to = (target: Target) => trace([prerouting(rule({}, target))], packet).packet.translated;
    expect(to({ kind: 'dnat', address: '10.0.1.1', ports: { from: 79, to: 81 } })).toBeUndefined();
    expect(to({ kind: 'dnat', address: '10.0.1.1', ports: port(81) })).toBe(true);
  });

  test('is new: a connection that stands is not translated again', () => {
    const later: Packet = { ...packet, state: 'ESTABLISHED' };
    expect(trace([prerouting(dnat)], later, surroundings).packet.destination).toBe('10.0.1.1');
  });

  test('has no interface to leave by yet when it is translated', () => {
    const tables = [prerouting(rule({ outInterface: 'br1' }, { kind: 'dnat', address: '10.0.2.2' }))];
    expect(trace(tables, packet).packet.destination).toBe('10.0.1.1');
  });

  test('is answered by a packet of the same connection', () => {
    const answers = filter(
      translated,
      rule({ states: ['ESTABLISHED'], direction: 'REPLY' }, accept),
      rule({}, drop),
    );
    const traced = trace([prerouting(dnat), answers], packet, surroundings);
    const answer = answerTo(traced);
    expect(answer).toMatchObject({
      source: '10.0.2.2',
      destination: '10.0.0.1',
      inInterface: 'br2',
      outInterface: 'br0',
    });
    expect(trace([answers], answer).verdict).toBe('accept');
    expect(isMatch({ states: ['DNAT'], originalPorts: port(80) }, answer)).toBe(true);
  });

  test('is spread over the targets in turn', () => {
    const target = (address: string, every?: number): Rule =>
      rule(every === undefined ? {} : { every }, { kind: 'dnat', address });
    const tables = [prerouting(target('10.0.2.1', 3), target('10.0.2.2', 2), target('10.0.2.3'))];
    const found = [0, 1, 2, 3, 4, 5].map((earlier) => trace(tables, packet, { earlier }).packet.destination);
    expect(found).toEqual(['10.0.2.1', '10.0.2.2', '10.0.2.3', '10.0.2.1', '10.0.2.2', '10.0.2.3']);
  });
});

describe('a masqueraded packet', () => {
  const masquerade = rule({ outInterface: 'br1' }, { kind: 'masquerade' });
  const postrouting = table('nat', 'POSTROUTING', [masquerade]);

  test('is one that leaves', () => {
    expect(trace([postrouting], packet).masqueradedBy).toEqual(masquerade);
    expect(trace([postrouting, filter(rule({}, drop))], packet).masqueradedBy).toBeUndefined();
    expect(trace([postrouting], { ...packet, outInterface: 'br2' }).masqueradedBy).toBeUndefined();
  });

  test('is not known by the interface it came in by, which only newer kernels still say', () => {
    const tables = [table('nat', 'POSTROUTING', [rule({ inInterface: 'br0' }, { kind: 'masquerade' })])];
    expect(trace(tables, packet).masqueradedBy).toBeUndefined();
  });
});
