import { describe, expect, test } from 'vitest';
import { renderRestore } from '../../../src/iptables/render.ts';
import { renderRule } from '../../../src/iptables/render-rule.ts';
import { ownership } from '../../../src/model/ownership.ts';
import type { Rule } from '../../../src/model/ruleset.ts';

const accept = { kind: 'accept' } as const;

describe('a rule as text', () => {
  test('every match has its place', () => {
    const rule: Rule = {
      match: {
        every: 2,
        toLocalAddress: true,
        direction: 'REPLY',
        originalPorts: { from: 8080, to: 8080 },
        states: ['DNAT', 'ESTABLISHED', 'RELATED', 'NEW'],
        destinationPorts: [{ from: 80, to: 80 }],
        protocol: 'tcp',
        outInterface: 'br1',
        inInterface: 'br0',
        destination: '172.18.0.0/16',
        source: '10.1.2.3/32',
      },
      target: accept,
      comment: 'a "b"',
    };
    expect(renderRule(rule, 4)).toBe(
      '-s 10.1.2.3/32 -d 172.18.0.0/16 -i br0 -o br1 -p tcp -m tcp --dport 80 ' +
        '-m conntrack --ctstate NEW,RELATED,ESTABLISHED,DNAT --ctorigdstport 8080 --ctdir REPLY ' +
        '-m addrtype --dst-type LOCAL -m statistic --mode nth --every 2 --packet 0 ' +
        '-m comment --comment "a \\"b\\"" -j ACCEPT',
    );
  });

  test('what a packet comes from, and what it is, have theirs', () => {
    const rule: Rule = {
      match: {
        set: { name: 'netwright-allow', by: ['dst', 'dst', 'src'] },
        sourcePorts: [{ from: 53, to: 53 }],
        destinationPorts: [
          { from: 80, to: 80 },
          { from: 8000, to: 8100 },
        ],
        protocol: 'tcp',
        outInterface: 'br1',
        exceptInInterface: 'br0',
        states: ['NEW'],
      },
      target: { kind: 'return' },
    };
    expect(renderRule(rule, 4)).toBe(
      '! -i br0 -o br1 -p tcp -m tcp --sport 53 -m multiport --dports 80,8000:8100 ' +
        '-m conntrack --ctstate NEW -m set --match-set netwright-allow dst,dst,src -j RETURN',
    );
    const ping: Rule = { match: { protocol: 'icmp', icmpType: 128 }, target: accept };
    expect(renderRule(ping, 6)).toBe('-p ipv6-icmp -m icmp6 --icmpv6-type 128 -j ACCEPT');
  });

  test('several ports are one multiport match', () => {
    const destinationPorts = [
      { from: 80, to: 80 },
      { from: 8000, to: 8100 },
    ];
    expect(renderRule({ match: { protocol: 'udp', destinationPorts }, target: accept }, 4)).toBe(
      '-p udp -m multiport --dports 80,8000:8100 -j ACCEPT',
    );
  });

  test('ICMP and its errors are other words in IPv6', () => {
    const rule: Rule = { match: { protocol: 'icmp' }, target: { kind: 'reject', with: 'port-unreachable' } };
    expect(renderRule(rule, 4)).toBe('-p icmp -j REJECT --reject-with icmp-port-unreachable');
    expect(renderRule(rule, 6)).toBe('-p ipv6-icmp -j REJECT --reject-with icmp6-port-unreachable');
  });

  test('an IPv6 address has brackets only before a port', () => {
    const dnat = { kind: 'dnat', address: 'fd00::2' } as const;
    expect(renderRule({ match: {}, target: dnat }, 6)).toBe('-j DNAT --to-destination fd00::2');
    const ports = { from: 8000, to: 8100 };
    expect(renderRule({ match: {}, target: { ...dnat, ports } }, 6)).toBe(
      '-j DNAT --to-destination [fd00::2]:8000-8100',
    );
  });

  test.each<readonly [string, Rule]>([
    ['a second line in a comment', { match: {}, target: accept, comment: 'a\n-A FORWARD -j ACCEPT' }],
    ['a comment the kernel would cut', { match: {}, target: accept, comment: 'x'.repeat(256) }],
    ['a log prefix the kernel would cut', { match: {}, target: { kind: 'log', prefix: 'x'.repeat(30) } }],
    ['an option in place of an interface', { match: { inInterface: '-j' }, target: accept }],
    ['two words in place of an interface', { match: { inInterface: 'eth0 -j' }, target: accept }],
    ['a chain named as a target', { match: {}, target: { kind: 'jump', chain: 'DROP' } }],
    ['an address of the other family', { match: { source: 'fd00::/64' }, target: accept }],
    ['ports without a protocol', { match: { destinationPorts: [{ from: 1, to: 1 }] }, target: accept }],
    ['a source port without a protocol', { match: { sourcePorts: [{ from: 1, to: 1 }] }, target: accept }],
    ['an interface and any but one', { match: { inInterface: 'a', exceptInInterface: 'b' }, target: accept }],
    ['no interface at all', { match: { exceptInInterface: '+' }, target: accept }],
    ['a message of TCP', { match: { protocol: 'tcp', icmpType: 8 }, target: accept }],
    ['any message', { match: { protocol: 'icmp', icmpType: 255 }, target: accept }],
    ['a set that is an option', { match: { set: { name: '-j', by: ['src'] } }, target: accept }],
    ['two words in place of a set', { match: { set: { name: 'a b', by: ['src'] } }, target: accept }],
    ['a look-up of nothing', { match: { set: { name: 'a', by: [] } }, target: accept }],
    ['no port', { match: { protocol: 'tcp', destinationPorts: [] }, target: accept }],
    ['a port that is none', { match: { originalPorts: { from: 1, to: 65536 } }, target: accept }],
    ['a range upside down', { match: { originalPorts: { from: 2, to: 1 } }, target: accept }],
    ['no state', { match: { states: [] }, target: accept }],
    ['a TCP reset for UDP', { match: { protocol: 'udp' }, target: { kind: 'reject', with: 'tcp-reset' } }],
    ['every zeroth connection', { match: { every: 0 }, target: accept }],
    [
      'more ports than multiport takes',
      {
        match: {
          protocol: 'tcp',
          destinationPorts: Array.from({ length: 16 }, (_, n) => ({ from: n, to: n })),
        },
        target: accept,
      },
    ],
  ])('%s is refused', (_, rule) => {
    expect(() => renderRule(rule, 4)).toThrow();
  });
});

describe('a transaction as text', () => {
  const operation = {
    family: 4,
    table: 'filter',
    chains: [{ name: 'NETWRIGHT-FORWARD', rules: [{ match: {}, target: { kind: 'drop' } }] }],
    unhook: [{ chain: 'FORWARD', to: 'NETWRIGHT-FORWARD' }],
    hook: [{ chain: 'DOCKER-USER', to: 'NETWRIGHT-FORWARD' }],
    removeChains: ['NETWRIGHT-CREATED'],
  } as const;

  test('unhooks, fills, hooks and removes, in that order', () => {
    expect(renderRestore(operation, ownership()).split('\n')).toEqual([
      '*filter',
      ':NETWRIGHT-FORWARD - [0:0]',
      ':NETWRIGHT-CREATED - [0:0]',
      '-D FORWARD -j NETWRIGHT-FORWARD',
      '-A NETWRIGHT-FORWARD -j DROP',
      '-I DOCKER-USER 1 -j NETWRIGHT-FORWARD',
      '-X NETWRIGHT-CREATED',
      'COMMIT',
      '',
    ]);
  });

  test('never writes a chain that is not ours, nor hooks into one that is', () => {
    const other = ownership('other');
    expect(() => renderRestore(operation, other)).toThrow('not a chain of ours');
    const inside = [{ chain: 'NETWRIGHT-FORWARD', to: 'NETWRIGHT-FORWARD' }];
    expect(() => renderRestore({ ...operation, hook: inside }, ownership())).toThrow('in a chain of ours');
  });

  test('never fills and removes the same chain', () => {
    expect(() => renderRestore({ ...operation, removeChains: ['NETWRIGHT-FORWARD'] })).toThrow('twice');
  });
});

describe('a chain of rules that only count', () => {
  const counting = (comment: string): Rule => ({
    match: { protocol: 'tcp' },
    target: { kind: 'count' },
    comment,
  });
  const operation = {
    family: 4,
    table: 'mangle',
    unhook: [],
    hook: [],
    removeChains: [],
  } as const;

  test('is changed rule by rule, so that those that stay go on counting', () => {
    const rules = ['first', 'new', 'last', 'newest'].map(counting);
    const over = ['first', 'gone', 'last'].map(counting);
    expect(renderRestore({ ...operation, chains: [{ name: 'NETWRIGHT-COUNT-LED', rules, over }] })).toBe(
      [
        '*mangle',
        '-D NETWRIGHT-COUNT-LED -p tcp -m comment --comment gone',
        '-I NETWRIGHT-COUNT-LED 2 -p tcp -m comment --comment new',
        '-I NETWRIGHT-COUNT-LED 4 -p tcp -m comment --comment newest',
        'COMMIT',
        '',
      ].join('\n'),
    );
  });
});
