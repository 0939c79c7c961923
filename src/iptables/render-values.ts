import type { Mark } from '../model/config.ts';
import type { Family, PortRange, Protocol } from '../model/ruleset.ts';
import { quote } from './words.ts';

/** A port, or a range as matches have it; throws for what is none. */
export function ports({ from, to }: PortRange): string {
  const isPort = (port: number): boolean => Number.isInteger(port) && port >= 0 && port <= 65535;
  if (!isPort(from) || !isPort(to) || from > to) throw new Error(`not a range of ports: ${from}-${to}`);
  return from === to ? `${from}` : `${from}:${to}`;
}

/** Ports for multiport; throws for more than it takes. */
export function portList(ranges: readonly PortRange[]): string {
  if (ranges.length === 0) throw new Error('a rule for no port');
  const places = ranges.reduce((sum, range) => sum + (range.from === range.to ? 1 : 2), 0);
  if (places > 15) throw new Error(`${places} ports in one rule; multiport takes 15, a range counting two`);
  return ranges.map(ports).join();
}

/** `-m tcp --dport 0:65535` is printed as `-m tcp`; multiport keeps it. */
export function isSingle([first, ...others]: readonly PortRange[]): boolean {
  return first !== undefined && others.length === 0 && !isEveryPort(first);
}

function isEveryPort(range: PortRange): boolean {
  return range.from === 0 && range.to === 65535;
}

/** The mask that leaves no bit out. */
export const everyBit = 0xffffffff;

/** A match leaves the mask of all bits unsaid, a target does not. */
export function renderMark({ mark, mask }: Mark): string {
  for (const bits of [mark, mask ?? everyBit])
    if (!Number.isInteger(bits) || bits < 0 || bits > everyBit)
      throw new Error(`no mark of 32 bits: ${bits}`);
  const text = `0x${mark.toString(16)}`;
  return mask === undefined ? text : `${text}/0x${mask.toString(16)}`;
}

/** Quoted where the tools quote; throws for more than 255 bytes. */
export function renderComment(comment: string): string {
  if (Buffer.byteLength(comment) > 255) throw new Error(`a comment of more than 255 bytes: ${comment}`);
  return quote(comment);
}

/** Quoted where the tools quote; throws for more than 29 bytes. */
export function logPrefix(prefix: string): string {
  if (Buffer.byteLength(prefix) > 29) throw new Error(`a log prefix of more than 29 bytes: ${prefix}`);
  return quote(prefix);
}

/** The name of a chain, checked to be one word that no tool takes for something else; at most 28 characters. */
export function chainName(name: string): string {
  return token(name, /^[A-Za-z0-9_][A-Za-z0-9_.:-]{0,27}$/, 'chain');
}

/** The name of a chain to jump to; throws for a target that is none. */
export function chainTarget(name: string): string {
  if (builtinTargets.has(name)) throw new Error(`not a chain: ${name}`);
  return chainName(name);
}

/** Targets that are not chains; a chain of such a name cannot exist. */
export const builtinTargets: ReadonlySet<string> = new Set([
  'ACCEPT',
  'DROP',
  'RETURN',
  'QUEUE',
  'REJECT',
  'LOG',
  'DNAT',
  'MASQUERADE',
  'MARK',
  'CONNMARK',
  'CT',
]);

/** `icmp` is another protocol, and another word, in IPv6. */
export function protocolName(protocol: Protocol, family: Family): string {
  return protocol === 'icmp' && family === 6 ? 'ipv6-icmp' : protocol;
}

/** Checked to be one; throws otherwise. */
export function cidr(text: string, family: Family): string {
  return token(text, family === 4 ? /^[0-9.]+\/[0-9]{1,2}$/ : /^[0-9a-f.]*:[0-9a-f:.]*\/[0-9]{1,3}$/, 'CIDR');
}

/** `+` at the end stands for any rest, as iptables has it. */
export function interfaceName(name: string): string {
  return token(name, /^(?![-!])[^\s"'\\/\p{Cc}]{1,15}$/u, 'interface');
}

/** The text, checked to have this shape, so to be one word; throws otherwise. */
export function token(text: string, shape: RegExp, what: string): string {
  if (!shape.test(text)) throw new Error(`not a name of a kind of ${what}: ${JSON.stringify(text)}`);
  return text;
}
