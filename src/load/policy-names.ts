import { prefixLength } from '../model/address.ts';
import type { Config, Family, IpEntry, Origin, PolicyEntry } from '../model/config.ts';
import { indexNames, matchName, type NameIndex, type NameMatch, nearest } from '../model/names.ts';
import { type Finding, quote, type Report, within } from './problem.ts';

/** Hints are looked for this often: with thousands of unknown names nobody reads the later ones. */
const maxHints = 200;
/** A prefix that matches more names only these. */
const maxNamed = 5;

/** Reports names that nothing in the file answers to, or only by their beginning, and those that cannot stand where they stand. */
export function checkNames(config: Config, complete: boolean, report: Report): void {
  const check = nameChecker(config, complete, report);
  for (const policy of config.policies) checkPolicy(policy, check);
  for (const { in: place, origin } of config.routing) checkPlace(place, within(origin, 'in'), check);
}

interface Checker {
  readonly look: (name: string) => NameMatch;
  /** Reports what is to be said of the name itself. */
  readonly name: (name: string, originOf: () => Origin) => void;
  readonly families: (name: string) => readonly Family[];
  readonly report: Report;
}

function nameChecker(config: Config, complete: boolean, report: Report): Checker {
  const index = indexNames(config);
  const known = new Map<string, NameMatch>();
  const said = new Map<string, Pick<Finding, 'severity' | 'code' | 'message' | 'hint'> | undefined>();
  const families = new Map<string, readonly Family[]>();
  const look = (name: string): NameMatch => {
    const match = known.get(name) ?? matchName(name, index);
    known.set(name, match);
    return match;
  };
  return {
    look,
    report,
    families: (name) => {
      const found = families.get(name) ?? [...new Set(familiesOf(look(name)))];
      families.set(name, found);
      return found;
    },
    name: (name, originOf) => {
      if (!said.has(name))
        said.set(name, explain(name, look(name), index, config.strict, said.size < maxHints));
      const words = said.get(name);
      if (words !== undefined && (complete || words.code !== 'unknown-name'))
        report({ ...words, origin: originOf() });
    },
  };
}

function explain(
  name: string,
  match: NameMatch,
  index: NameIndex,
  strict: boolean,
  withHint: boolean,
): Pick<Finding, 'severity' | 'code' | 'message' | 'hint'> | undefined {
  if (match.kind === 'label' && match.key === '') {
    return {
      severity: 'error',
      code: 'unknown-name',
      message: 'a label without a key',
      hint: 'write label:key=value',
    };
  }
  if (match.kind === 'ips' && match.byPrefix) {
    const names = [...new Set(match.entries.map((entry) => nameOf(entry, name)))];
    const more = names.length > maxNamed ? ` and ${names.length - maxNamed} more` : '';
    const message = `${quote(name)} is only the beginning of ${names.slice(0, maxNamed).join(', ')}${more}`;
    return strict
      ? { severity: 'error', code: 'prefix-match', message, hint: 'strict: true wants the whole name' }
      : {
          severity: 'warning',
          code: 'prefix-match',
          message: `${message}: taken as meant`,
          hint: 'write the whole name',
        };
  }
  if (match.kind !== 'none') return undefined;
  const base = {
    severity: 'warning',
    code: 'unknown-name',
    message: `nothing in the file is called ${quote(name)}`,
  } as const;
  const near = withHint ? nearest(name, candidates(index), 1) : undefined;
  return {
    ...base,
    hint: near === undefined ? 'it waits for a container of that name' : `did you mean ${quote(near)}?`,
  };
}

function nameOf(entry: IpEntry, prefix: string): string {
  const { containerName, selector, ip } = entry;
  return (containerName?.startsWith(prefix) === true ? containerName : selector) ?? ip;
}

function* candidates(index: NameIndex): Iterable<string> {
  yield* index.sorted;
  yield* index.services.keys();
  yield* index.networks.keys();
}

function checkPolicy(policy: PolicyEntry, check: Checker): void {
  const { origin, from = [], to = [] } = policy;
  const at = (field: string, list: readonly string[], index: number): Origin =>
    list.length === 1 ? within(origin, field) : within(origin, field, index);
  for (const [index, name] of from.entries()) check.name(name, () => at('from', from, index));
  for (const [index, name] of to.entries()) check.name(name, () => at('to', to, index));
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

/** A container_name beside a selector says nothing new, or something else. */
function checkContainerName({ origin, containerName, selector }: PolicyEntry, check: Checker): void {
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

function checkPlace(name: string, origin: Origin, check: Checker): void {
  const { kind } = check.look(name);
  if (kind === 'any' || kind === 'network' || kind === 'address') {
    const message = `in: ${quote(name)} is no place for rules: host or a container`;
    check.report({ severity: 'error', code: 'policy', origin, message });
  } else check.name(name, () => origin);
}

function targetsOf(policy: PolicyEntry): { readonly names: readonly string[]; readonly field: string } {
  if (policy.to !== undefined) return { names: policy.to, field: 'to' };
  if (policy.selector !== undefined) return { names: [policy.selector], field: 'selector' };
  if (policy.containerName !== undefined) return { names: [policy.containerName], field: 'container_name' };
  return { names: policy.serviceName === undefined ? [] : [policy.serviceName], field: 'service_name' };
}

function checkTargets(policy: PolicyEntry, check: Checker): void {
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

/** The families a name's addresses are of; both when they are not known yet. */
function familiesOf(match: NameMatch): readonly Family[] {
  if (match.kind === 'address') return [match.cidr.includes(':') ? 6 : 4];
  if (match.kind === 'ips') return match.entries.map((entry) => entry.family);
  if (match.kind === 'network') return match.network.subnets.map((subnet) => subnet.family);
  return [4, 6];
}

function checkFamilies(policy: PolicyEntry, check: Checker): void {
  const { names, field } = targetsOf(policy);
  if (policy.from === undefined || names.length === 0) return;
  const sources = policy.from.map(check.families);
  if (
    names.some((name) =>
      check.families(name).some((family) => sources.some((other) => other.includes(family))),
    )
  )
    return;
  const [family = 4] = sources.flat();
  const message = `from is IPv${family}, ${field === 'to' ? 'to' : 'the target'} is IPv${family === 4 ? 6 : 4}: no packet can be both`;
  check.report({ severity: 'error', code: 'family', origin: within(policy.origin, 'from'), message });
}

/** Reports DNATs of which the first would take all packets: same place, interface, sources, protocol and family, and ports that overlap. */
export function checkDnats(config: Config, report: Report): void {
  const index = indexNames(config);
  const claims = new Map<
    string,
    { readonly from: number; readonly to: number; readonly policy: PolicyEntry }[]
  >();
  for (const policy of config.policies) {
    if (policy.nat !== 'dnat') continue;
    const ports = policy.ports.length === 0 ? [{ from: 0, to: 65535 }] : policy.ports;
    for (const key of claimKeys(policy, index)) {
      const group = claims.get(key) ?? [];
      claims.set(key, group);
      for (const range of ports) group.push({ ...range, policy });
    }
  }
  const said = new Set<PolicyEntry>();
  for (const group of claims.values()) {
    let [reaching] = group.sort((a, b) => a.from - b.from || a.policy.index - b.policy.index);
    for (const claim of group.slice(1)) {
      if (reaching !== undefined && claim.from <= reaching.to && claim.policy !== reaching.policy) {
        const [first, second] = [reaching.policy, claim.policy].sort((a, b) => a.index - b.index);
        if (first !== undefined && second !== undefined && !said.has(second)) {
          said.add(second);
          const message = 'a second DNAT for the same interface, port and protocol';
          report({
            severity: 'error',
            code: 'duplicate-dnat',
            origin: second.origin,
            message,
            also: first.origin,
          });
        }
      }
      if (reaching === undefined || claim.to > reaching.to) reaching = claim;
    }
  }
}

function claimKeys(policy: PolicyEntry, index: NameIndex): readonly string[] {
  const place =
    policy.in ?? (policy.iface === undefined ? (policy.selector ?? policy.containerName) : 'host');
  const protocols = policy.proto === 'any' ? ['tcp', 'udp', 'sctp', 'icmp'] : [policy.proto];
  const families = new Set(targetsOf(policy).names.flatMap((name) => familiesOf(matchName(name, index))));
  const sources = [...(policy.from ?? [])].sort();
  return protocols.flatMap((protocol) =>
    [...families].map((family) => JSON.stringify([place, policy.iface, sources, protocol, family])),
  );
}
