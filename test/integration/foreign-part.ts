import { ownership } from '../../src/model/ownership.ts';
import type { Container } from '../host/container.ts';
import type { Snapshot } from '../host/snapshot.ts';
import type { ThrowawayHost } from '../host/throwaway-host.ts';
import { askPodman } from './podman-engine.ts';

const mine = ownership();

/** Names on the host that are of our networks, whoever wrote them down: the engine makes rules for every network. */
interface OurNames {
  readonly networks: ReadonlySet<string>;
  readonly links: ReadonlySet<string>;
  readonly subnets: readonly string[];
}

interface Link {
  readonly ifname: string;
  readonly master?: string;
}

/** Asks the engine for networks with our label, and the kernel for what is plugged into their bridges. */
async function ourNames(host: ThrowawayHost): Promise<OurNames> {
  const listed = await host.docker.listNetworks();
  const ours = listed.filter(
    ({ Labels }) => (Labels as Record<string, string> | null)?.[mine.label] === mine.instance,
  );
  const bridges = new Set(
    host.isPodman
      ? await podmanBridges(host)
      : ours.map(({ Id, Options }) => Options?.['com.docker.network.bridge.name'] ?? `br-${Id.slice(0, 12)}`),
  );
  const links = JSON.parse(await host.sh('ip -j link')) as readonly Link[];
  const plugged = links.filter(({ master }) => master !== undefined && bridges.has(master));
  return {
    networks: new Set(ours.map(({ Name }) => Name)),
    links: new Set([...bridges, ...plugged.map(({ ifname }) => ifname)]),
    subnets: ours.flatMap(({ IPAM }) => (IPAM?.Config ?? []).flatMap(({ Subnet }) => Subnet ?? [])),
  };
}

/** Podman's Docker API does not tell them. */
async function podmanBridges(host: ThrowawayHost): Promise<readonly string[]> {
  const networks = (await askPodman(host, '/networks/json')) as readonly {
    readonly network_interface: string;
    readonly labels?: Readonly<Record<string, string>>;
  }[];
  return networks.flatMap(({ labels, network_interface }) =>
    labels?.[mine.label] === mine.instance ? [network_interface] : [],
  );
}

/** The snapshot without what carries our name: chains, jumps to them, sets, routes and rules of our protocol, networks and their links. */
function foreignPart(snapshot: Snapshot, names: OurNames, sysctls: readonly string[]): Snapshot {
  return Object.fromEntries(
    Object.entries(snapshot).map(([part, text]) => [part, withoutOurs(part, text, names, sysctls)]),
  );
}

function withoutOurs(part: string, text: string, names: OurNames, sysctls: readonly string[]): string {
  const all = text.split('\n');
  const lines = all.filter((line) => !mentions(line, names));
  if (part === 'networks') return withoutOurNetworks(text, names);
  const isOurs = ownChain(all.filter((line) => mentions(line, names)));
  if (part === 'nft') return withoutEmpty(withoutOurNftChains(lines, isOurs).join('\n'));
  if (part.startsWith('ip') && part !== 'ipset')
    return withoutEmpty(lines.filter((line) => !isOurRule(line, isOurs)).join('\n'));
  if (part === 'ipset') return lines.filter((line) => !mine.ownsSet(line.split(' ')[1] ?? '')).join('\n');
  if (part === 'sysctls')
    return lines.filter((line) => !sysctls.some((key) => line.includes(`/${key}:`))).join('\n');
  return lines.filter((line) => !/ proto 78\b/.test(line)).join('\n');
}

function mentions(line: string, { links, subnets }: OurNames): boolean {
  const words = line.split(/[\s"/,:@]+/);
  return words.some((word) => links.has(word)) || subnets.some((subnet) => line.includes(` ${subnet} `));
}

/** Our chains, and those that Podman makes for a network of ours. */
function ownChain(lines: readonly string[]): (chain: string) => boolean {
  const jump = / (?:-j|jump) (NETAVARK-[0-9A-F]+|nv_[0-9a-f]{8}_\S+)$/;
  const made = new Set(lines.flatMap((line) => jump.exec(line)?.[1] ?? []));
  return (chain) => mine.ownsChain(chain) || made.has(chain);
}

function isOurRule(line: string, isOurs: (chain: string) => boolean): boolean {
  const [first = '', chain = ''] = line.split(' ');
  const target = /.* -[jg] (\S+)$/.exec(line)?.[1] ?? '';
  return isOurs(target) || (first === '-A' && isOurs(chain)) || isOurs(first.replace(/^:/, ''));
}

function withoutOurNftChains(
  lines: readonly string[],
  isOurs: (chain: string) => boolean,
): readonly string[] {
  const kept: string[] = [];
  let inOurs = false;
  for (const line of lines) {
    const opened = /^\tchain (\S+) \{$/.exec(line)?.[1];
    if (opened !== undefined) inOurs = isOurs(opened);
    const target = /\b(?:jump|goto) (\S+)$/.exec(line)?.[1] ?? '';
    if (line !== '' && !inOurs && !isOurs(target)) kept.push(line);
    if (line === '\t}') inOurs = false;
  }
  return kept;
}

/** A table that only we use is there while we use it; built-in chains without a rule that accept do nothing. */
function withoutEmpty(text: string): string {
  return text
    .replace(/\n*\tchain \w+ \{\n\t\ttype \w+ hook \w+ priority [\w -]+; policy accept;\n\t\}(?=\n)/g, '')
    .replace(/^table ip6? \w+ \{\n*\}\n?/gm, '')
    .replace(/^\*\w+\n(:\w+ ACCEPT \[0:0\]\n)*COMMIT\n?/gm, '');
}

function withoutOurNetworks(text: string, names: OurNames): string {
  const networks = JSON.parse(text) as readonly { readonly Name: string }[];
  return JSON.stringify(
    networks.filter(({ Name }) => !names.networks.has(Name)),
    undefined,
    1,
  );
}

/** The host, ours taken out. */
export async function foreignHost(host: ThrowawayHost, sysctls: readonly string[]): Promise<Snapshot> {
  const names = await ourNames(host);
  return foreignPart(await host.save(), names, sysctls);
}

/** Containers as the engine and their kernel see them, our networks and what is ours inside taken out. */
export async function foreignInside(
  host: ThrowawayHost,
  containers: readonly Container[],
): Promise<Snapshot> {
  const { networks } = await ourNames(host);
  const nothing = { networks, links: new Set<string>(), subnets: [] };
  return together(containers, async (container) => {
    // Of the kernel only what the engine does not change when it connects a container.
    const { iptables, ip6tables, rules, ...saved } = await host.save(container);
    const legacy = {
      'iptables-legacy': saved['iptables-legacy'],
      'ip6tables-legacy': saved['ip6tables-legacy'],
    };
    const kept = Object.entries({ iptables, ip6tables, rules, ...legacy }).map(
      ([part, text]) => [part, text ?? ''] as const,
    );
    return {
      ...foreignPart(Object.fromEntries(kept), nothing, []),
      engine: inspected(await container.inspect(), networks),
    };
  });
}

/** The host and the containers as they are, to the last byte. */
export async function everything(host: ThrowawayHost, containers: readonly Container[]): Promise<Snapshot> {
  const inside = await together(containers, async (container) => ({
    ...(await host.save(container)),
    engine: inspected(await container.inspect(), new Set()),
  }));
  return { ...(await host.save()), ...inside };
}

async function together(
  containers: readonly Container[],
  snapshot: (container: Container) => Promise<Snapshot>,
): Promise<Snapshot> {
  const taken: Record<string, string> = {};
  for (const container of containers)
    for (const [part, text] of Object.entries(await snapshot(container)))
      taken[`${container.name} ${part}`] = text;
  return taken;
}

function inspected(
  { State, Config, HostConfig, NetworkSettings }: Awaited<ReturnType<Container['inspect']>>,
  ours: ReadonlySet<string>,
): string {
  const places = Object.entries(NetworkSettings.Networks).filter(([network]) => !ours.has(network));
  return JSON.stringify({ State, Config, HostConfig, Ports: NetworkSettings.Ports, places }, undefined, 1);
}

/** The fewest lines that tell the two apart, those gone with `-` and those new with `+`, or the first that changed places. */
export function difference(before: Snapshot, now: Snapshot): readonly string[] {
  const parts = new Set([...Object.keys(before), ...Object.keys(now)]);
  return [...parts].flatMap((part) => differenceOf(part, before[part] ?? '', now[part] ?? '')).slice(0, 40);
}

function differenceOf(part: string, before: string, now: string): readonly string[] {
  if (before === now) return [];
  const [old, young] = [before.split('\n'), now.split('\n')];
  const gone = without(old, young).map((line) => `${part} - ${line}`);
  const come = without(young, old).map((line) => `${part} + ${line}`);
  if (gone.length + come.length > 0) return [...gone, ...come];
  const at = old.findIndex((line, index) => line !== young[index]);
  return [`${part} order: ${old[at] ?? ''} became ${young[at] ?? ''}`];
}

function without(lines: readonly string[], others: readonly string[]): readonly string[] {
  const left = new Map<string, number>();
  for (const line of others) left.set(line, (left.get(line) ?? 0) + 1);
  return lines.filter((line) => {
    const count = left.get(line) ?? 0;
    left.set(line, count - 1);
    return count <= 0;
  });
}
