import { type PortRange, type Protocol, portText } from '../model/ruleset.ts';

/** Ports that a container asks to be reached by: a port or a range led to itself or to one port. */
export interface LabelledPort {
  readonly protocol: Exclude<Protocol, 'icmp'>;
  readonly outside: PortRange;
  readonly inside: PortRange;
}

interface PortLabel {
  readonly ports: readonly LabelledPort[];
  /** One sentence for each part that is left out, naming it. */
  readonly faults: readonly string[];
}

/** A label is written by whoever starts a container: what it may cost is bounded. */
const longest = 2048;
const mostParts = 64;
const longestQuote = 40;

const shape = /^([0-9]+)(?:-([0-9]+))?(?::([0-9]+)(?:-([0-9]+))?)?(?:\/([a-z]+))?$/i;

/** The ports of a label such as `80, 443/tcp, 8000-8010/udp, 8080:80`; a part that makes no sense does not cost the others. */
export function readPortLabel(label: string): PortLabel {
  const ports: LabelledPort[] = [];
  const faults: string[] = [];
  const isCut = label.length > longest;
  // The part that the cut goes through is left out, too.
  const text = isCut ? label.slice(0, label.slice(0, longest).lastIndexOf(',') + 1) : label;
  const parts = text.split(',').flatMap((part) => part.trim() || []);
  for (const part of parts.slice(0, mostParts)) {
    const read = readPart(part);
    const fault = typeof read === 'string' ? read : clashWith(ports, read);
    if (fault !== undefined) faults.push(`${quoted(part)}: ${fault}`);
    else if (typeof read !== 'string') ports.push(read);
  }
  if (isCut) faults.push(`it is longer than ${longest} characters; the rest is left out`);
  if (parts.length > mostParts) faults.push(`it has more than ${mostParts} parts; the rest is left out`);
  return { ports, faults };
}

/** What one part says, or why it makes no sense. */
function readPart(part: string): LabelledPort | string {
  const [, first, last, innerFirst, innerLast, named = 'tcp'] =
    shape.exec(part.replaceAll(/\s*([-:/])\s*/g, '$1')) ?? [];
  if (first === undefined) return 'neither a port nor a range of ports';
  const protocol = named.toLowerCase();
  if (protocol !== 'tcp' && protocol !== 'udp' && protocol !== 'sctp') return 'not one of tcp, udp, sctp';
  const outside = readRange(first, last);
  if (typeof outside === 'string') return outside;
  const inside = innerFirst === undefined ? outside : readRange(innerFirst, innerLast);
  if (typeof inside === 'string') return inside;
  if (inside.from !== inside.to && portText(inside) !== portText(outside))
    return 'a range of ports leads to itself or to one port, not to another range';
  return { protocol, outside, inside };
}

function readRange(first: string, last: string = first): PortRange | string {
  const [from, to] = [Number(first), Number(last)];
  if (![from, to].every((port) => port >= 1 && port <= 65_535)) return 'ports are 1 to 65535';
  return from <= to ? { from, to } : 'the range ends before it begins';
}

/** The same port led to two places; led to the same one twice it is merely said twice. */
function clashWith(
  ports: readonly LabelledPort[],
  { protocol, outside, inside }: LabelledPort,
): string | undefined {
  const other = ports.find(
    (port) =>
      port.protocol === protocol &&
      port.outside.from <= outside.to &&
      outside.from <= port.outside.to &&
      goalOf(port) !== goalOf({ outside, inside }),
  );
  return other && `${protocol}/${portText(other.outside)} leads to ${portText(other.inside)} already`;
}

function goalOf({ outside, inside }: Omit<LabelledPort, 'protocol'>): number | 'itself' {
  return portText(outside) === portText(inside) ? 'itself' : inside.from;
}

function quoted(part: string): string {
  return JSON.stringify(part.length > longestQuote ? `${part.slice(0, longestQuote)}…` : part);
}
