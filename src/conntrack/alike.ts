import type { Flow } from './flow.ts';

/**
 * What rules can tell connections apart by: all of a connection but the port its client happens to have. Connections with the same
 * text are let through, translated or refused together.
 */
export function likenessOf({ protocol, original, reply, zone }: Flow): string {
  return [
    protocol,
    original.source,
    original.destination,
    original.destinationPort,
    original.icmpType,
    original.icmpCode,
    reply.source,
    reply.sourcePort,
    zone,
  ].join(' ');
}

/**
 * The parameters of `conntrack -D` that end a connection and all that are like it, and no other: one look of the kernel through
 * its whole table, which costs the same for one connection as for thousands (measured: 10 to 20 ms).
 */
export function deletionOf({ family, protocol, original, reply, zone }: Flow): readonly string[] {
  const icmp = family === 4 ? 'icmp' : 'icmpv6';
  return [
    ...['-D', '-f', family === 4 ? 'ipv4' : 'ipv6'],
    ...['-p', protocolNames.get(protocol) ?? `${protocol}`],
    ...['--orig-src', original.source, '--orig-dst', original.destination],
    ...['--reply-src', reply.source],
    ...option('--orig-port-dst', original.destinationPort),
    ...option('--reply-port-src', reply.sourcePort),
    ...option(`--${icmp}-type`, original.icmpType),
    ...option(`--${icmp}-code`, original.icmpCode),
    ...option('--zone', zone),
  ];
}

/** The tool takes ports only after a protocol's name. */
const protocolNames: ReadonlyMap<number, string> = new Map([
  [1, 'icmp'],
  [6, 'tcp'],
  [17, 'udp'],
  [33, 'dccp'],
  [58, 'icmpv6'],
  [132, 'sctp'],
  [136, 'udplite'],
]);

function option(name: string, value: number | undefined): readonly string[] {
  return value === undefined ? [] : [name, `${value}`];
}
