import { prefixLength } from '../model/address.ts';
import type { Config, Family, Origin, PolicyEntry } from '../model/config.ts';
import { type NameChecker, nameChecker } from './name-checker.ts';
import { targetsOf } from './policy-targets.ts';
import { quote, type Report, within } from './problem.ts';
import { sameValue } from './same-value.ts';

/**
 * Reports names that nothing in the file answers to, or only by their beginning, and those that cannot stand where they stand. Nothing
 * was to be said of `faultless`, read before: nor is of a policy that is the same object, in its place, where names mean the same.
 */
export function checkNames(config: Config, complete: boolean, report: Report, faultless?: Config): void {
  const check = nameChecker(config, complete, report);
  const before = faultless !== undefined && sameNames(config, faultless) ? faultless.policies : [];
  config.policies.forEach((policy, at) => {
    if (policy !== before[at]) checkPolicy(policy, check);
  });
  for (const { in: place, origin } of config.routing) checkPlace(place, within(origin, 'in'), check);
}

function sameNames(one: Config, other: Config): boolean {
  const { strict, networks, ips } = one;
  return strict === other.strict && sameValue(networks, other.networks) && sameValue(ips, other.ips);
}

function checkPolicy(policy: PolicyEntry, check: NameChecker): void {
  const { origin } = policy;
  checkList(policy, 'from', check);
  checkList(policy, 'to', check);
  if (policy.selector !== undefined) check.name(policy.selector, () => within(origin, 'selector'));
  checkContainerName(policy, check);
  const isTarget =
    policy.to === undefined && policy.selector === undefined && policy.containerName === undefined;
  if (isTarget && policy.serviceName !== undefined)
    check.name(policy.serviceName, () => within(origin, 'service_name'));
  if (policy.in !== undefined) checkPlace(policy.in, within(origin, 'in'), check);
  if (policy.nat === 'dnat') checkTargets(policy, check);
  checkFamilies(policy, check);
}

function checkList(policy: PolicyEntry, field: 'from' | 'to', check: NameChecker): void {
  const { origin, [field]: names } = policy;
  names?.forEach((name, index) => {
    check.name(name, () => (names.length === 1 ? within(origin, field) : within(origin, field, index)));
  });
}

/** A container_name beside a selector says nothing new, or something else. */
function checkContainerName({ origin, containerName, selector }: PolicyEntry, check: NameChecker): void {
  if (containerName === undefined || containerName === selector) return;
  const at = within(origin, 'container_name');
  if (selector === undefined) {
    check.name(containerName, () => at);
    return;
  }
  const match = check.look(selector);
  const names =
    match.kind === 'ips' ? match.entries.flatMap((entry) => entry.containerName ?? []) : [selector];
  if (names.includes(containerName)) return;
  const message = `container_name ${quote(containerName)} is not the container of selector ${quote(selector)}`;
  const [own = selector] = names;
  check.report({
    severity: 'warning',
    code: 'different-container',
    origin: at,
    message,
    hint: `the selector counts: write ${quote(own)}, or leave container_name out`,
  });
}

function checkPlace(name: string, origin: Origin, check: NameChecker): void {
  const { kind } = check.look(name);
  if (kind === 'any' || kind === 'network' || kind === 'address') {
    const message = `in: ${quote(name)} is no place for rules: host or a container`;
    check.report({ severity: 'error', code: 'policy', origin, message });
  } else check.name(name, () => origin);
}

function checkTargets(policy: PolicyEntry, check: NameChecker): void {
  const { names, field } = targetsOf(policy);
  for (const name of names) {
    const match = check.look(name);
    const isOne =
      match.kind === 'address' && prefixLength(match.cidr) === (match.cidr.includes(':') ? 128 : 32);
    if (match.kind === 'ips' || match.kind === 'label' || match.kind === 'none' || isOne) continue;
    const message = `${field}: ${quote(name)} is no target for nat: dnat, which needs one container or address`;
    check.report({ severity: 'error', code: 'policy', origin: within(policy.origin, field), message });
  }
}

function checkFamilies(policy: PolicyEntry, check: NameChecker): void {
  const { from } = policy;
  const { names, field } = targetsOf(policy);
  if (from === undefined || names.length === 0) return;
  const hasSource = (family: Family): boolean => from.some((name) => check.families(name).includes(family));
  if (names.some((name) => check.families(name).some(hasSource))) return;
  const [family = 4] = from.flatMap(check.families);
  const message = `from is IPv${family}, ${field === 'to' ? 'to' : 'the target'} is IPv${family === 4 ? 6 : 4}: no packet can be both`;
  check.report({ severity: 'error', code: 'family', origin: within(policy.origin, 'from'), message });
}
