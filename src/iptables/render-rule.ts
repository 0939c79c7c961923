import type { Mark } from '../model/config.ts';
import type {
  ConntrackState,
  Family,
  Match,
  PortRange,
  Protocol,
  Rule,
  SetMatch,
  Target,
} from '../model/ruleset.ts';
import { quote } from './words.ts';

/** The order in which iptables-save prints states, whatever the order they were given in. */
export const stateOrder: readonly ConntrackState[] = ['INVALID', 'NEW', 'RELATED', 'ESTABLISHED', 'DNAT'];
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

/**
 * The rule exactly as `iptables-save` 1.8.9 prints it after `-A CHAIN `, on nft and legacy alike. Matches come in one order:
 * -s, -d, -i, -o, -p, ports, message, conntrack, set, connmark, addrtype, statistic, comment: they are looked at in this order, and a look into a set
 * costs several times what the connection's state does. Throws for a rule the kernel would refuse or respell.
 * One that only counts is ours by its comment.
 */
export function renderRule(rule: Rule, family: Family): string {
  const parts = [...renderMatch(rule.match, family)];
  if (rule.comment !== undefined) parts.push(`-m comment --comment ${renderComment(rule.comment)}`);
  if (rule.target.kind !== 'count') parts.push(renderTarget(rule.target, rule.match, family));
  return parts.join(' ');
}

function* renderMatch(match: Match, family: Family): Generator<string> {
  if (match.source !== undefined && !isAnywhere(match.source)) yield `-s ${cidr(match.source, family)}`;
  if (match.destination !== undefined && !isAnywhere(match.destination))
    yield `-d ${cidr(match.destination, family)}`;
  if (match.inInterface !== undefined && !isAnywhere(match.inInterface))
    yield `-i ${interfaceName(match.inInterface)}`;
  if (match.exceptInInterface !== undefined) yield `! -i ${exceptInterface(match)}`;
  if (match.outInterface !== undefined && !isAnywhere(match.outInterface))
    yield `-o ${interfaceName(match.outInterface)}`;
  if (match.protocol !== undefined) yield `-p ${protocolName(match.protocol, family)}`;
  yield* renderPorts(match);
  if (match.icmpType !== undefined) yield renderMessage(match.icmpType, match.protocol, family);
  const conntrack = [...renderConntrack(match)];
  if (conntrack.length > 0) yield `-m conntrack ${conntrack.join(' ')}`;
  if (match.set !== undefined) yield renderSet(match.set);
  if (match.connmark !== undefined) yield `-m connmark --mark ${renderMark(match.connmark)}`;
  if (match.toLocalAddress === true) yield '-m addrtype --dst-type LOCAL';
  if (match.every !== undefined) {
    if (!Number.isInteger(match.every) || match.every < 1)
      throw new Error(`every ${match.every}th connection`);
    yield `-m statistic --mode nth --every ${match.every} --packet 0`;
  }
}

function* renderConntrack(match: Match): Generator<string> {
  if (match.states !== undefined) {
    const { states } = match;
    if (states.length === 0) throw new Error('a rule for no connection state');
    yield `--ctstate ${stateOrder.filter((state) => states.includes(state)).join(',')}`;
  }
  if (match.originalPorts !== undefined) yield `--ctorigdstport ${ports(match.originalPorts)}`;
  if (match.direction !== undefined) yield `--ctdir ${match.direction}`;
}

/** Single ports are one match of the protocol's own, lists one of multiport each. */
function* renderPorts({ protocol, sourcePorts, destinationPorts }: Match): Generator<string> {
  if (sourcePorts === undefined && destinationPorts === undefined) return;
  if (protocol === undefined || protocol === 'icmp') throw new Error('ports of a protocol that has none');
  const sides = [
    { option: '--sport', ranges: sourcePorts },
    { option: '--dport', ranges: destinationPorts },
  ].flatMap(({ option, ranges }) => (ranges === undefined ? [] : { option, ranges }));
  const single = sides.flatMap(({ option, ranges }) => {
    const [range] = ranges;
    return range !== undefined && isSingle(ranges) ? `${option} ${ports(range)}` : [];
  });
  if (single.length > 0) yield `-m ${protocol} ${single.join(' ')}`;
  for (const { option, ranges } of sides)
    if (!isSingle(ranges)) yield `-m multiport ${option}s ${portList(ranges)}`;
}

/** `-m tcp --dport 0:65535` is printed as `-m tcp`; multiport keeps it. */
function isSingle([first, ...others]: readonly PortRange[]): boolean {
  return first !== undefined && others.length === 0 && !isEveryPort(first);
}

function portList(ranges: readonly PortRange[]): string {
  if (ranges.length === 0) throw new Error('a rule for no port');
  const places = ranges.reduce((sum, range) => sum + (range.from === range.to ? 1 : 2), 0);
  if (places > 15) throw new Error(`${places} ports in one rule; multiport takes 15, a range counting two`);
  return ranges.map(ports).join();
}

/** 255 is to iptables any message. */
function renderMessage(type: number, protocol: Protocol | undefined, family: Family): string {
  if (protocol !== 'icmp') throw new Error('a message of a protocol that has none');
  if (!Number.isInteger(type) || type < 0 || type > 254) throw new Error(`no message has the number ${type}`);
  return family === 4 ? `-m icmp --icmp-type ${type}` : `-m icmp6 --icmpv6-type ${type}`;
}

function renderSet({ name, by, uncounted }: SetMatch): string {
  if (by.length === 0) throw new Error(`a look-up of nothing in ${name}`);
  const set = `-m set --match-set ${token(name, /^[a-z0-9][a-z0-9-]{0,30}$/, 'set')} ${by.join()}`;
  return uncounted === true ? `${set} ! --update-counters` : set;
}

function exceptInterface({ inInterface, exceptInInterface = '' }: Match): string {
  if (inInterface !== undefined) throw new Error('an interface and any but one in the same rule');
  if (isAnywhere(exceptInInterface)) throw new Error('a rule for no interface');
  return interfaceName(exceptInInterface);
}

function renderTarget(
  target: Exclude<Target, { readonly kind: 'count' }>,
  match: Match,
  family: Family,
): string {
  switch (target.kind) {
    case 'accept':
      return '-j ACCEPT';
    case 'drop':
      return '-j DROP';
    case 'return':
      return '-j RETURN';
    case 'masquerade':
      return '-j MASQUERADE';
    case 'notrack':
      return '-j CT --notrack';
    case 'reject':
      return `-j REJECT --reject-with ${rejectWith(target.with, match.protocol, family)}`;
    case 'log':
      return target.prefix === '' ? '-j LOG' : `-j LOG --log-prefix ${logPrefix(target.prefix)}`;
    case 'dnat':
      return `-j DNAT --to-destination ${dnatDestination(target, family)}`;
    case 'mark':
      return `-j MARK --set-xmark ${renderMark({ mask: everyBit, ...target.mark })}`;
    case 'connmark':
      return `-j CONNMARK --set-xmark ${renderMark({ mask: everyBit, ...target.mark })}`;
    case 'jump':
      return `-j ${chainTarget(target.chain)}`;
  }
}

function rejectWith(
  how: 'port-unreachable' | 'tcp-reset',
  protocol: Protocol | undefined,
  family: Family,
): string {
  if (how === 'port-unreachable') return family === 4 ? 'icmp-port-unreachable' : 'icmp6-port-unreachable';
  if (protocol !== 'tcp') throw new Error('a TCP reset for what is not TCP');
  return how;
}

function dnatDestination(target: Extract<Target, { kind: 'dnat' }>, family: Family): string {
  const address = token(target.address, family === 4 ? /^[0-9.]+$/ : /^[0-9a-f.]*:[0-9a-f:.]*$/, 'address');
  if (target.ports === undefined) return address;
  return `${family === 4 ? address : `[${address}]`}:${ports(target.ports).replace(':', '-')}`;
}

const everyBit = 0xffffffff;

/** A match leaves the mask of all bits unsaid, a target does not. */
function renderMark({ mark, mask }: Mark): string {
  for (const bits of [mark, mask ?? everyBit])
    if (!Number.isInteger(bits) || bits < 0 || bits > everyBit)
      throw new Error(`no mark of 32 bits: ${bits}`);
  const text = `0x${mark.toString(16)}`;
  return mask === undefined ? text : `${text}/0x${mask.toString(16)}`;
}

function renderComment(comment: string): string {
  if (Buffer.byteLength(comment) > 255) throw new Error(`a comment of more than 255 bytes: ${comment}`);
  return quote(comment);
}

function logPrefix(prefix: string): string {
  if (Buffer.byteLength(prefix) > 29) throw new Error(`a log prefix of more than 29 bytes: ${prefix}`);
  return quote(prefix);
}

/** The name of a chain, checked to be one word that no tool takes for something else; at most 28 characters. */
export function chainName(name: string): string {
  return token(name, /^[A-Za-z0-9_][A-Za-z0-9_.:-]{0,27}$/, 'chain');
}

function chainTarget(name: string): string {
  if (builtinTargets.has(name)) throw new Error(`not a chain: ${name}`);
  return chainName(name);
}

/** `icmp` is another protocol, and another word, in IPv6. */
function protocolName(protocol: Protocol, family: Family): string {
  return protocol === 'icmp' && family === 6 ? 'ipv6-icmp' : protocol;
}

function cidr(text: string, family: Family): string {
  return token(text, family === 4 ? /^[0-9.]+\/[0-9]{1,2}$/ : /^[0-9a-f.]*:[0-9a-f:.]*\/[0-9]{1,3}$/, 'CIDR');
}

/** The kernel keeps no match for it and prints none; `ruleKey` takes it for none, too. */
function isAnywhere(text: string): boolean {
  return text === '0.0.0.0/0' || text === '::/0' || text === '+';
}

/** `+` at the end stands for any rest, as iptables has it. */
function interfaceName(name: string): string {
  return token(name, /^(?![-!])[^\s"'\\/\p{Cc}]{1,15}$/u, 'interface');
}

function ports({ from, to }: PortRange): string {
  const isPort = (port: number): boolean => Number.isInteger(port) && port >= 0 && port <= 65535;
  if (!isPort(from) || !isPort(to) || from > to) throw new Error(`not a range of ports: ${from}-${to}`);
  return from === to ? `${from}` : `${from}:${to}`;
}

function isEveryPort(range: PortRange): boolean {
  return range.from === 0 && range.to === 65535;
}

function token(text: string, shape: RegExp, what: string): string {
  if (!shape.test(text)) throw new Error(`not a name of a kind of ${what}: ${JSON.stringify(text)}`);
  return text;
}
