import type { DesiredTable, PortRange, Rule, TableName, Target } from '../../src/model/ruleset.ts';
import { isMatch, type Packet } from './packet.ts';
import type { Sets } from './set.ts';

/** `none`: our chains let the packet fall through to whoever comes next. */
type Verdict = 'accept' | 'drop' | 'reject' | 'none';

export interface Traced {
  readonly verdict: Verdict;
  /** The rule that decided it. */
  readonly by?: Rule;
  /** The packet as the filter saw it: after the translation, if there was one. */
  readonly packet: Packet;
  /** The rule that translated it. */
  readonly translatedBy?: Rule;
  readonly masqueradedBy?: Rule;
  readonly logged: readonly string[];
}

/** What is around our tables and decides with them. */
export interface Surroundings {
  /** Addresses of the namespace itself: packets to them are not forwarded. */
  readonly localAddresses?: readonly string[];
  /** The interface by which an address is reached; the packet's own `outInterface` where absent. */
  readonly interfaceTo?: (destination: string) => string | undefined;
  /** The namespace's sets, for the rules that look into them. */
  readonly sets?: Sets;
  /** How many connections just like this one came before it: what `every` counts. */
  readonly earlier?: number;
}

interface Walk {
  readonly table: DesiredTable;
  readonly packet: Packet;
  readonly sets: Sets;
  readonly logged: string[];
  earlier: number;
}

/** What lets the packet go on. */
const notes = ['log', 'mark', 'connmark', 'notrack', 'count'] as const;
type Note = (typeof notes)[number];
type Terminal = Exclude<Target, { readonly kind: 'jump' | Note }>;
interface Decision {
  readonly rule: Rule;
  readonly target: Terminal;
}

/**
 * What our tables of one namespace do to a packet that comes in from outside: nat PREROUTING and POSTROUTING for new connections,
 * and filter FORWARD, or INPUT for what is addressed to the namespace. Chains of others are not there.
 */
export function trace(
  tables: readonly DesiredTable[],
  arriving: Packet,
  surroundings: Surroundings = {},
): Traced {
  const logged: string[] = [];
  const { sets = [] } = surroundings;
  const walk = (table: TableName, from: readonly string[], packet: Packet): Decision | undefined =>
    decide(tables, table, from, { packet, sets, logged, earlier: surroundings.earlier ?? 0 });
  const isNew = (arriving.state ?? 'NEW') === 'NEW';

  const before = { ...arriving, toLocalAddress: isLocal(arriving, surroundings) };
  const translation = isNew ? walk('nat', ['PREROUTING'], without(before, 'outInterface')) : undefined;
  const packet = route(translate(before, translation), surroundings);

  const forwarded = packet.toLocalAddress !== true;
  const decision = walk('filter', forwarded ? ['DOCKER-USER', 'FORWARD'] : ['INPUT'], packet);
  const verdict = verdictOf(decision);
  const leaves = isNew && forwarded && (verdict === 'accept' || verdict === 'none');
  const masquerade = leaves ? walk('nat', ['POSTROUTING'], without(packet, 'inInterface')) : undefined;
  return {
    verdict,
    ...(decision !== undefined && { by: decision.rule }),
    packet,
    ...(translation?.target.kind === 'dnat' && { translatedBy: translation.rule }),
    ...(masquerade?.target.kind === 'masquerade' && { masqueradedBy: masquerade.rule }),
    logged,
  };
}

/** The packet that answers the traced one, as filter FORWARD sees it: still, or again, with the target's and the client's own addresses. */
export function answerTo({ packet }: Traced, clientPort = 40_000): Packet {
  const { inInterface, outInterface, port, originalPort = port } = packet;
  return {
    family: packet.family,
    source: packet.destination,
    destination: packet.source,
    protocol: packet.protocol,
    ...(port !== undefined && { port: clientPort, sourcePort: port }),
    ...(originalPort !== undefined && { originalPort }),
    ...(outInterface !== undefined && { inInterface: outInterface }),
    ...(inInterface !== undefined && { outInterface: inInterface }),
    state: 'ESTABLISHED',
    direction: 'REPLY',
    translated: packet.translated ?? false,
  };
}

/** Before the routing decision no packet has an interface to leave by; when it leaves, only newer kernels still say which it came in by. */
function without(packet: Packet, key: 'inInterface' | 'outInterface'): Packet {
  return Object.fromEntries(Object.entries(packet).filter(([name]) => name !== key)) as unknown as Packet;
}

function route(packet: Packet, surroundings: Surroundings): Packet {
  const outInterface = surroundings.interfaceTo?.(packet.destination) ?? packet.outInterface;
  const toLocalAddress = isLocal(packet, surroundings);
  return { ...packet, ...(outInterface !== undefined && { outInterface }), toLocalAddress };
}

function isLocal(packet: Packet, { localAddresses }: Surroundings): boolean {
  return localAddresses?.includes(packet.destination) ?? packet.toLocalAddress ?? false;
}

/** What keeps its address and port is, to the kernel, not translated (nf_nat_setup_info): `--ctstate DNAT` does not hold for it. */
function translate(packet: Packet, decision: Decision | undefined): Packet {
  if (decision?.target.kind !== 'dnat') return packet;
  const { address, ports } = decision.target;
  const port = packet.port === undefined ? undefined : portIn(ports, packet.port);
  if (address === packet.destination && port === packet.port) return packet;
  return {
    ...packet,
    destination: address,
    translated: true,
    ...(port !== undefined && packet.port !== undefined && { port, originalPort: packet.port }),
    // Decided afresh where the namespace's addresses are known.
    toLocalAddress: false,
  };
}

/** A port already in the range stays as it is (nf_nat_l4proto_in_range). */
function portIn(range: PortRange | undefined, port: number): number {
  return range === undefined || (range.from <= port && port <= range.to) ? port : range.from;
}

function decide(
  tables: readonly DesiredTable[],
  name: TableName,
  from: readonly string[],
  start: Omit<Walk, 'table'>,
): Decision | undefined {
  const { family } = start.packet;
  for (const table of tables.filter((each) => each.family === family && each.table === name)) {
    for (const hook of table.hooks.filter((each) => each.from.some((chain) => from.includes(chain)))) {
      const decision = walkChain(hook.into, { ...start, table });
      if (decision !== undefined) return decision;
    }
  }
  return undefined;
}

function walkChain(name: string, walk: Walk): Decision | undefined {
  const chain = walk.table.chains.find((each) => each.name === name);
  if (chain === undefined) throw new Error(`a jump to a chain that is not there: ${name}`);
  for (const rule of chain.rules) {
    if (!isMatch(rule.match, walk.packet, walk.sets) || !isItsTurn(rule, walk)) continue;
    const { target } = rule;
    if (target.kind === 'log') walk.logged.push(target.prefix);
    if (target.kind === 'return') return undefined;
    const decision = target.kind === 'jump' ? walkChain(target.chain, walk) : decisionOf(rule, target);
    if (decision !== undefined) return decision;
  }
  return undefined;
}

function decisionOf(rule: Rule, target: Exclude<Target, { readonly kind: 'jump' }>): Decision | undefined {
  return isNote(target) ? undefined : { rule, target };
}

function isNote(target: Target): target is Extract<Target, { readonly kind: Note }> {
  return notes.some((kind) => kind === target.kind);
}

/** The rule takes the first of every n connections that come to it; those that came before and were not taken went on like this one. */
function isItsTurn({ match: { every } }: Rule, walk: Walk): boolean {
  if (every === undefined || walk.earlier % every === 0) return true;
  walk.earlier -= Math.ceil(walk.earlier / every);
  return false;
}

function verdictOf(decision: Decision | undefined): Verdict {
  if (decision === undefined) return 'none';
  const { kind } = decision.target;
  if (kind === 'dnat' || kind === 'masquerade' || kind === 'return')
    throw new Error(`${kind} in the filter table`);
  return kind;
}
