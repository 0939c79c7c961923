import { describe, expect, test } from 'vitest';
import { deletionOf, likenessOf } from '../../../src/conntrack/alike.ts';
import type { Flow } from '../../../src/conntrack/flow.ts';
import { parseFlow } from '../../../src/conntrack/parse.ts';
import type { Family } from '../../../src/model/ruleset.ts';

/** Lines as conntrack-tools 1.4.7 prints them on Linux 6.18. */
const four = `tcp      6 431998 ESTABLISHED src=10.1.0.2 dst=10.1.0.1 sport=34218 dport=9999 src=10.2.0.2 dst=10.1.0.2 sport=80 dport=34218 [ASSURED] mark=0 use=1
udp      17 28 src=10.1.0.2 dst=10.2.0.2 sport=35314 dport=53 [UNREPLIED] src=10.2.0.2 dst=10.1.0.2 sport=53 dport=35314 mark=0 use=1
icmp     1 29 src=10.1.0.2 dst=10.2.0.2 type=8 code=0 id=39 src=10.2.0.2 dst=10.1.0.2 type=0 code=0 id=39 mark=0 use=1
unknown  50 599 src=10.1.0.2 dst=10.2.0.2 [UNREPLIED] src=10.2.0.2 dst=10.1.0.2 mark=0 use=1
`;
const six = `tcp      6 299 ESTABLISHED src=fd30:1::20 dst=fd30:2::10 sport=40000 dport=5432 src=fd30:2::10 dst=fd30:1::20 sport=5432 dport=40000 [ASSURED] mark=0 zone=7 use=1
icmpv6   58 29 src=fd30:1::20 dst=fd30:2::10 type=128 code=0 id=3 src=fd30:2::10 dst=fd30:1::20 type=129 code=0 id=3 mark=0 use=1
`;

const parseFlows = (text: string, family: Family): readonly Flow[] =>
  text.split('\n').flatMap((line) => parseFlow(line, family) ?? []);

describe('the connections of the kernel', () => {
  test('are read with both directions, whatever the protocol', () => {
    expect(parseFlows(four, 4)).toEqual([
      {
        family: 4,
        protocol: 6,
        original: { source: '10.1.0.2', destination: '10.1.0.1', sourcePort: 34218, destinationPort: 9999 },
        reply: { source: '10.2.0.2', destination: '10.1.0.2', sourcePort: 80, destinationPort: 34218 },
      },
      {
        family: 4,
        protocol: 17,
        original: { source: '10.1.0.2', destination: '10.2.0.2', sourcePort: 35314, destinationPort: 53 },
        reply: { source: '10.2.0.2', destination: '10.1.0.2', sourcePort: 53, destinationPort: 35314 },
      },
      {
        family: 4,
        protocol: 1,
        original: { source: '10.1.0.2', destination: '10.2.0.2', icmpType: 8, icmpCode: 0 },
        reply: { source: '10.2.0.2', destination: '10.1.0.2', icmpType: 0, icmpCode: 0 },
      },
      {
        family: 4,
        protocol: 50,
        original: { source: '10.1.0.2', destination: '10.2.0.2' },
        reply: { source: '10.2.0.2', destination: '10.1.0.2' },
      },
    ]);
    expect(parseFlows(six, 6)).toMatchObject([
      { protocol: 6, zone: 7, original: { source: 'fd30:1::20', destinationPort: 5432 } },
      { protocol: 58, original: { icmpType: 128 } },
    ]);
  });

  test('are read past counters, states of offloading and timers that are left out', () => {
    const line =
      'tcp      6 src=10.1.0.2 dst=10.2.0.2 sport=1 dport=2 packets=7 bytes=900 src=10.2.0.2 dst=10.1.0.2 sport=2 dport=1 packets=5 bytes=80 [OFFLOAD] mark=0 secctx=system_u:x use=2';
    expect(parseFlows(line, 4)).toMatchObject([
      { protocol: 6, original: { sourcePort: 1 }, reply: { sourcePort: 2 } },
    ]);
  });

  test('are left out where a line is none', () => {
    const lines = [
      '',
      'conntrack v1.4.7: 3 flow entries',
      'tcp 6 9 src=10.1.0.2 dst=nobody src=1 dst=2',
      'tcp',
    ];
    expect(parseFlows(lines.join('\n'), 4)).toEqual([]);
  });

  test('are ended together when only the ports of their clients differ', () => {
    const [one, other, third] = ['40000', '40001', '40000'].map((port, index) =>
      parseFlows(
        (four.split('\n')[0] ?? '').replaceAll('34218', port).replace('9999', index === 2 ? '9998' : '9999'),
        4,
      ),
    );
    const key = (flows: typeof one) => flows?.map(likenessOf).join();
    expect(key(one)).toBe(key(other));
    expect(key(one)).not.toBe(key(third));
  });

  test('are ended by all that rules can tell them apart by', () => {
    const commands = [...parseFlows(four, 4), ...parseFlows(six, 6)].map((flow) =>
      deletionOf(flow).join(' '),
    );
    expect(commands).toEqual([
      '-D -f ipv4 -p tcp --orig-src 10.1.0.2 --orig-dst 10.1.0.1 --reply-src 10.2.0.2 --orig-port-dst 9999 --reply-port-src 80',
      '-D -f ipv4 -p udp --orig-src 10.1.0.2 --orig-dst 10.2.0.2 --reply-src 10.2.0.2 --orig-port-dst 53 --reply-port-src 53',
      '-D -f ipv4 -p icmp --orig-src 10.1.0.2 --orig-dst 10.2.0.2 --reply-src 10.2.0.2 --icmp-type 8 --icmp-code 0',
      '-D -f ipv4 -p 50 --orig-src 10.1.0.2 --orig-dst 10.2.0.2 --reply-src 10.2.0.2',
      '-D -f ipv6 -p tcp --orig-src fd30:1::20 --orig-dst fd30:2::10 --reply-src fd30:2::10 --orig-port-dst 5432 --reply-port-src 5432 --zone 7',
      '-D -f ipv6 -p icmpv6 --orig-src fd30:1::20 --orig-dst fd30:2::10 --reply-src fd30:2::10 --icmpv6-type 128 --icmpv6-code 0',
    ]);
  });
});
