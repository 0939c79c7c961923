import type { Mark } from './config.ts';
import { portText, type Rule, type Target, type UnreadRule } from './ruleset.ts';

/** The same text for the same rule, whatever the order its fields were written in; the comment counts, the origin does not. */
export function ruleKey(rule: Rule | UnreadRule): string {
  if ('unread' in rule) return `unread ${rule.unread}`;
  const { match, target } = rule;
  return JSON.stringify([
    narrowing(match.source),
    narrowing(match.destination),
    narrowing(match.inInterface),
    match.exceptInInterface,
    narrowing(match.outInterface),
    match.protocol,
    match.destinationPorts?.map(portText),
    match.sourcePorts?.map(portText),
    match.icmpType,
    match.set?.name,
    match.set?.by.join(),
    match.set?.uncounted,
    match.toLocalAddress ?? false,
    match.states?.toSorted(),
    match.direction,
    match.connmark && markKey(match.connmark),
    match.originalPorts && portText(match.originalPorts),
    match.every,
    targetKey(target),
    rule.comment,
  ]);
}

function narrowing(text: string | undefined): string | undefined {
  return text === undefined || isAnywhere(text) ? undefined : text;
}

/** Whether it matches everything: the kernel keeps no match for it and prints none. */
export function isAnywhere(text: string): boolean {
  return text === '0.0.0.0/0' || text === '::/0' || text === '+';
}

function targetKey(target: Target): readonly unknown[] {
  switch (target.kind) {
    case 'reject':
      return [target.kind, target.with];
    case 'log':
      return [target.kind, target.prefix];
    case 'dnat':
      return [target.kind, target.address, target.ports && portText(target.ports)];
    case 'mark':
    case 'connmark':
      return [target.kind, markKey(target.mark)];
    case 'jump':
      return [target.kind, target.chain];
    case 'accept':
    case 'drop':
    case 'return':
    case 'masquerade':
    case 'notrack':
    case 'count':
      return [target.kind];
  }
}

/** No mask is all 32 bits. */
function markKey({ mark, mask = 0xffffffff }: Mark): string {
  return `${mark}/${mask}`;
}
