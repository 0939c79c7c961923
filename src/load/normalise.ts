import { dirname, resolve } from 'node:path';
import type {
  Config,
  DiscoveryEntry,
  NetworkEntry,
  Origin,
  PolicyEntry,
  ScriptEntry,
} from '../model/config.ts';
import type { NetworksFile } from '../model/networks-file.ts';
import type { OnDemandEntry } from '../model/on-demand.ts';
import type { RoutingEntry } from '../model/routing.ts';
import { readDiscovery } from './discovery.ts';
import { networkFinder } from './find-network.ts';
import { type ReadIp, withGateways } from './gateways.ts';
import { readIp } from './ips.ts';
import { readNetwork } from './networks.ts';
import { readOnDemand } from './on-demand.ts';
import { readPolicy } from './policies.ts';
import { quote, type Report, within } from './problem.ts';
import { readRouting } from './routing.ts';

/** A file's content that has passed the schema; lists may have holes where entries did not. */
export interface Part {
  readonly file: string;
  readonly content: NetworksFile;
}

export interface Normalised {
  readonly config: Config;
  /** Whether nothing was left out: else what refers to something unknown may refer to what was. */
  readonly complete: boolean;
}

/** What files without a mistake came to. */
export interface Former {
  readonly parts: readonly Part[];
  readonly config: Config;
}

/**
 * Unites the files, maps by key and lists in order, and reads each entry; what makes no sense is reported and left out. A policy
 * that is the object it was in `former`, in the same place, comes to the same object as it did.
 */
export function normalise(
  parts: readonly Part[],
  allValid: boolean,
  report: Report,
  former?: Former,
): Normalised {
  const unite = entriesOnce(report);
  const read: NetworkEntry[] = [];
  const declared = unite(parts, 'networks', (content) => content.networks);
  for (const [key, entry, origin] of declared) {
    const network = readNetwork(key, entry, origin, report);
    if (network !== undefined) read.push(network);
  }
  const complete = allValid && read.length === declared.length;
  const findNetwork = networkFinder(read, complete);
  const ips: ReadIp[] = [];
  const addresses = unite(parts, 'ips', (content) => content.ips);
  for (const [key, entry, origin] of addresses) {
    const ip = readIp(key, entry, origin, findNetwork, report);
    if (ip !== undefined) ips.push({ ip, entry });
  }
  const onDemand: OnDemandEntry[] = [];
  for (const [key, entry, origin] of unite(parts, 'on_demand', (content) => content.on_demand)) {
    const read = readOnDemand(key, entry, origin, report);
    if (read !== undefined) onDemand.push(read);
  }
  const config = {
    strict: readSwitch(parts, 'strict', false, report),
    sets: readSwitch(parts, 'sets', true, report),
    networks: withGateways(read, ips, report),
    ips: ips.map(({ ip }) => ip),
    policies: readPolicies(parts, report, former),
    routing: readRoutings(parts, report),
    discovery: readDiscoveries(parts, report),
    onDemand,
    ...readScript(parts, 'startup_script', report),
    ...readScript(parts, 'shutdown_script', report),
  };
  return { config, complete: complete && ips.length === addresses.length };
}

function entriesOnce(report: Report) {
  return <T>(
    parts: readonly Part[],
    section: string,
    mapOf: (content: NetworksFile) => Readonly<Record<string, T>> | undefined,
  ): readonly (readonly [key: string, entry: T, origin: Origin])[] => {
    const entries = new Map<string, readonly [string, T, Origin]>();
    for (const { file, content } of parts) {
      for (const [key, entry] of Object.entries(mapOf(content) ?? {})) {
        const origin = within({ file, pointer: '' }, section, key);
        const also = entries.get(key)?.[2];
        if (also === undefined) entries.set(key, [key, entry, origin]);
        else {
          const message = `the key ${quote(key)} of ${section} is there twice`;
          report({ severity: 'error', code: 'duplicate-key', origin, atKey: true, message, also });
        }
      }
    }
    return [...entries.values()];
  };
}

/** A switch that may be said once in all the files. */
function readSwitch(
  parts: readonly Part[],
  key: 'strict' | 'sets',
  byDefault: boolean,
  report: Report,
): boolean {
  return onlyPart(parts, key, report)?.content[key] ?? byDefault;
}

/** Of the files the one that has this key; that another has it, too, is reported. */
function onlyPart(parts: readonly Part[], key: keyof NetworksFile, report: Report): Part | undefined {
  const [first, ...others] = parts.filter(({ content }) => content[key] !== undefined);
  const at = (file: string): Origin => ({ file, pointer: `/${key}` });
  for (const { file } of others) {
    const message = `${key} is there twice`;
    report({
      severity: 'error',
      code: 'duplicate-key',
      origin: at(file),
      atKey: true,
      message,
      also: at(first?.file ?? file),
    });
  }
  return first;
}

/** A path is taken from the file's own folder, wherever netwright was started. */
function readScript(
  parts: readonly Part[],
  key: 'startup_script' | 'shutdown_script',
  report: Report,
): Pick<Config, 'startupScript' | 'shutdownScript'> {
  const part = onlyPart(parts, key, report);
  const path = part?.content[key];
  if (part === undefined || path === undefined) return {};
  const script: ScriptEntry = {
    origin: { file: part.file, pointer: `/${key}` },
    path: resolve(dirname(part.file), path),
  };
  return key === 'startup_script' ? { startupScript: script } : { shutdownScript: script };
}

function readPolicies(parts: readonly Part[], report: Report, former?: Former): readonly PolicyEntry[] {
  const policies: PolicyEntry[] = [];
  let first = 0;
  for (const { file, content } of parts) {
    const list = content.policies ?? [];
    const before = policiesAt(file, first, former);
    list.forEach((entry, index) => {
      const known = before[index] === entry ? former?.config.policies[first + index] : undefined;
      const origin = { file, pointer: `/policies/${index}` };
      const policy = known ?? readPolicy(first + index, entry, origin, report);
      if (policy !== undefined) policies.push(policy);
    });
    first += list.length;
  }
  return policies;
}

/** The file's policies as they were, where the first of them had the same place among all. */
function policiesAt(file: string, first: number, former?: Former): readonly unknown[] {
  let before = 0;
  for (const { file: other, content } of former?.parts ?? []) {
    if (other === file) return before === first ? (content.policies ?? []) : [];
    before += content.policies?.length ?? 0;
  }
  return [];
}

function readRoutings(parts: readonly Part[], report: Report): readonly RoutingEntry[] {
  const routing: RoutingEntry[] = [];
  for (const { file, content } of parts) {
    (content.routing ?? []).forEach((entry, index) => {
      routing.push(readRouting(entry, { file, pointer: `/routing/${index}` }, report));
    });
  }
  return routing;
}

function readDiscoveries(parts: readonly Part[], report: Report): readonly DiscoveryEntry[] {
  const discovery: DiscoveryEntry[] = [];
  for (const { file, content } of parts) {
    (content.discovery ?? []).forEach((entry, index) => {
      const read = readDiscovery(entry, { file, pointer: `/discovery/${index}` }, report);
      if (read !== undefined) discovery.push(read);
    });
  }
  return discovery;
}
