import type { PolicyEntry } from '../model/config.ts';
import { portText } from '../model/ruleset.ts';

/** The longest comment the kernel keeps is 255 bytes (xt_comment); what goes on after a title needs some of them. */
const longestTitle = 160;
const longest = 250;

/** The text as a comment that any table takes: printable ASCII of a bounded length, whatever names went into it. */
export function commentOf(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]|["'\\`$]/g, '?').slice(0, longest);
}

/** One line that names a policy to people: in plans, in logs, and as the comment of its rules; printable ASCII. */
export function policyTitle(policy: PolicyEntry): string {
  const what = policy.nat ?? { accept: 'allow', drop: 'drop', reject: 'reject' }[policy.action];
  const from = policy.from?.join(',');
  const target = targetNames(policy)?.join(',');
  const words = [
    what,
    policy.iface !== undefined && policy.nat === 'masquerade' ? `out ${policy.iface}` : policy.iface,
    from,
    policy.nat === 'dnat' ? trafficOf(policy) : undefined,
    target === undefined ? undefined : `-> ${target}${toPortOf(policy)}`,
    policy.nat === 'dnat' ? undefined : trafficOf(policy),
  ];
  const title = words.filter((word) => word !== undefined && word !== '').join(' ');
  return commentOf(title.slice(0, longestTitle));
}

/** The names of what a policy leads to: `to`, else selector, container, service. */
export function targetNames(policy: PolicyEntry): readonly string[] | undefined {
  if (policy.to !== undefined) return policy.to;
  const name = policy.selector ?? policy.containerName ?? policy.serviceName;
  return name === undefined ? undefined : [name];
}

function trafficOf({ proto, ports, nat }: PolicyEntry): string {
  if (nat === 'masquerade' && ports.length === 0) return '';
  if (ports.length > 0) return `${proto}/${ports.map(portText).join(',')}`;
  return proto === 'any' ? 'any' : proto;
}

function toPortOf({ toPort }: PolicyEntry): string {
  return toPort === undefined ? '' : `:${portText(toPort)}`;
}
