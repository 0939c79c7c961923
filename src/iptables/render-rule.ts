import { isAnywhere } from '../model/rule-key.ts';
import type { ConntrackState, Family, Match, Protocol, Rule, SetMatch, Target } from '../model/ruleset.ts';
import {
  chainTarget,
  cidr,
  everyBit,
  interfaceName,
  isSingle,
  logPrefix,
  portList,
  ports,
  protocolName,
  renderComment,
  renderMark,
  token,
} from './render-values.ts';

/** The order in which iptables-save prints states, whatever the order they were given in. */
export const stateOrder: readonly ConntrackState[] = ['INVALID', 'NEW', 'RELATED', 'ESTABLISHED', 'DNAT'];

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
