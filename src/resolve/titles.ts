import type { Mark, PolicyEntry } from '../model/config.ts';
import { portText } from '../model/ruleset.ts';

/** The longest comment the kernel keeps is 255 bytes (xt_comment); what goes on after a title needs some of them. */
const longestTitle = 160;
const longest = 250;

const unspeakable = /^-|[^\x20-\x7e]|["'\\`$]/;
const unspeakables = new RegExp(unspeakable, 'g');

/** The text as a comment that any table and set takes: printable ASCII of a bounded length, no dash first, whatever names went into it. */
export function commentOf(text: string): string {
  const speakable = unspeakable.test(text) ? text.replaceAll(unspeakables, '?') : text;
  return speakable.length > longest ? speakable.slice(0, longest) : speakable;
}

const verbs = { accept: 'allow', drop: 'drop', reject: 'reject' } as const;

/** One line that names a policy to people: in plans, in logs, and as the comment of its rules; printable ASCII. */
export function policyTitle(policy: PolicyEntry): string {
  const { nat, iface } = policy;
  const from = policy.from?.join(',');
  const target = targetNames(policy)?.join(',');
  let title: string = nat ?? verbs[policy.action];
  if (iface !== undefined && iface !== '') title += nat === 'masquerade' ? ` out ${iface}` : ` ${iface}`;
  if (from !== undefined && from !== '') title += ` ${from}`;
  if (nat === 'dnat') title += ` ${trafficOf(policy)}`;
  if (target !== undefined) title += ` -> ${target}${toPortOf(policy)}`;
  const traffic = nat === 'dnat' ? '' : trafficOf(policy);
  if (traffic !== '') title += ` ${traffic}`;
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
  const [only] = ports;
  if (ports.length === 1 && only !== undefined) return `${proto}/${portText(only)}`;
  if (ports.length > 0) return `${proto}/${ports.map(portText).join(',')}`;
  return proto === 'any' ? 'any' : proto;
}

function toPortOf({ toPort }: PolicyEntry): string {
  return toPort === undefined ? '' : `:${portText(toPort)}`;
}

/** As `ip rule` prints it: `0x2`, or `0x2/0xff`. */
export function markText({ mark, mask }: Mark): string {
  const text = `0x${mark.toString(16)}`;
  return mask === undefined || mask === 0xffffffff ? text : `${text}/0x${mask.toString(16)}`;
}
