import type { Family, Origin, PortRange } from './config.ts';
import type { Match, Rule, SetMatch } from './ruleset.ts';

/** What a set's elements are made of, in the kernel's words. */
export type SetType = 'hash:ip,port,net' | 'hash:net' | 'hash:net,iface';

export interface SetElement {
  /** As `ipset save` prints it after the set's name: `10.1.0.5,tcp:80,10.2.0.0/24`, a /32 or /128 without its length. */
  readonly entry: string;
  /** 1 to 255 printable ASCII characters without double quotes, the first no dash (ipset takes no other); names the policy. */
  readonly comment?: string;
  /** Where it was declared; never compared. */
  readonly origin?: Origin;
}

/** One of our sets: no two elements have the same entry. */
export interface DesiredSet {
  readonly name: string;
  readonly family: Family;
  readonly type: SetType;
  readonly elements: readonly SetElement[];
}

export interface ObservedElement extends SetElement {
  readonly packets: number;
  readonly bytes: number;
}

export interface ObservedSet {
  readonly name: string;
  readonly family: Family;
  readonly type: SetType | 'other';
  /** It keeps what ours keep (comments, counters, room for elements) and nothing else (timeouts); else it has to be made anew. */
  readonly isComplete: boolean;
  readonly elements: ReadonlyMap<string, ObservedElement>;
  /** What was desired where these are just that, in this order: most of what is desired next are the same objects. */
  readonly asDesired?: readonly SetElement[];
}

/** The element of `hash:ip,port,net` for one target address, port and block of sources (canonical, a CIDR each), none of them /0: see `withoutAny`. */
export function allowEntry(
  target: string,
  protocol: 'tcp' | 'udp' | 'sctp',
  port: number,
  source: string,
): string {
  return `${bare(target)},${protocol}:${port},${bare(source)}`;
}

/** The element of `hash:net` for a canonical CIDR that is not /0, or with an interface of `hash:net,iface`, which takes /0, too. */
export function netEntry(cidr: string, link?: string): string {
  return link === undefined ? bare(cidr) : `${bare(cidr)},${link}`;
}

/** The block as the kernel takes it in a set without interfaces: that of all addresses, which it refuses, in two halves. */
export function withoutAny(cidr: string): readonly string[] {
  if (cidr === '0.0.0.0/0') return ['0.0.0.0/1', '128.0.0.0/1'];
  return cidr === '::/0' ? ['::/1', '8000::/1'] : [cidr];
}

/** The kernel prints the block of a single address as that address. */
function bare(cidr: string): string {
  const full = cidr.includes(':') ? '/128' : '/32';
  return cidr.endsWith(full) ? cidr.slice(0, -full.length) : cidr;
}

/** What a rule that looks into a set of this type means by one element, as a rule that looks into none; named as the element is. */
export function elementRule(rule: Rule, element: SetElement, type: SetType): Rule {
  const { set, ...match } = rule.match;
  if (set === undefined) return rule;
  const { comment = rule.comment, origin = rule.origin } = element;
  return {
    match: { ...match, ...elementMatch(element, set, type) },
    target: rule.target,
    ...(comment !== undefined && { comment }),
    ...(origin !== undefined && { origin }),
  };
}

function elementMatch(
  { entry }: Pick<SetElement, 'entry'>,
  { by }: SetMatch,
  type: SetType,
): Pick<
  Match,
  'source' | 'destination' | 'protocol' | 'sourcePorts' | 'destinationPorts' | 'inInterface' | 'outInterface'
> {
  const [first = '', second = '', third = ''] = entry.split(',');
  const toSource = by[0] === 'src';
  switch (type) {
    case 'hash:ip,port,net': {
      const { protocol, ports } = portOf(second);
      const [near, far] = [blockOf(first), blockOf(third)];
      return toSource
        ? { source: near, destination: far, protocol, sourcePorts: ports }
        : { source: far, destination: near, protocol, destinationPorts: ports };
    }
    case 'hash:net,iface':
      return toSource
        ? { source: blockOf(first), inInterface: second }
        : { destination: blockOf(first), outInterface: second };
    case 'hash:net':
      return toSource ? { source: blockOf(first) } : { destination: blockOf(first) };
  }
}

/** The other way round. */
function blockOf(text: string): string {
  return text.includes('/') ? text : text + (text.includes(':') ? '/128' : '/32');
}

function portOf(text: string): {
  readonly protocol: 'tcp' | 'udp' | 'sctp';
  readonly ports: readonly [PortRange];
} {
  const [name, number] = text.split(':');
  const port = Number(number);
  return {
    protocol: name === 'udp' || name === 'sctp' ? name : 'tcp',
    ports: [{ from: port, to: port }],
  };
}
