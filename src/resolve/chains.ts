import type { ChainRole } from '../model/ownership.ts';
import type { TableName } from '../model/ruleset.ts';

/**
 * Our chains, where packets reach them, and the parts of which they are made, in order:
 *
 *   raw    PREROUTING             ─▶ RAW          past a gateway container's bridge: not tracked, so not translated; what is allowed, and what is left to FORWARD: an engine that drops here must not be first
 *                                     └▶ RAW-NEAR     in by a managed bridge, to a managed network
 *   mangle PREROUTING             ─▶ MARK         what is to leave by another way
 *   mangle FORWARD                ─▶ CONNMARK     connections whose answers are to leave by another way
 *   mangle POSTROUTING            ─▶ COUNT        what was translated
 *                                     └▶ COUNT-LED    what is led to containers on demand, and what they answer: nothing but counters
 *   filter FORWARD or DOCKER-USER ─▶ FORWARD
 *                                     ├▶ GATE         a network whose gateway is a container: all but what stays on its bridge: drop
 *                                     ├▶ SPOOFED      a source of a network that is not behind that bridge: drop
 *                                     │  answers, the set of allowed flows, other policies in file order, flows one of our DNATs translated
 *                                     ├▶ LEAVING      in by a managed bridge and not allowed so far
 *                                     │   └▶ BETWEEN      out by a managed bridge: drop, save within a network that is not isolated
 *                                     └▶ ARRIVING     out by the bridge of a network with ingress: deny: drop
 *   filter INPUT                  ─▶ INPUT        in by the bridge of a network whose gateway is a container: drop; ports that a proxy of the engine would answer in the place of such a network
 *                                     └▶ HOST         in by the bridge of a network with host_access: deny
 *   filter OUTPUT                 ─▶ OUTPUT       GATE, policies from the host, then ARRIVING
 *   nat    PREROUTING             ─▶ PREROUTING   DNAT
 *   nat    OUTPUT                 ─▶ OUTPUT       in a member of a network whose gateway answers names: what it asks the engine's resolver
 *   nat    POSTROUTING            ─▶ POSTROUTING  MASQUERADE
 */
export const chains = {
  untracked: { table: 'raw', role: 'RAW', order: 0 },
  raw: { table: 'raw', role: 'RAW', order: 1 },
  near: { table: 'raw', role: 'RAW-NEAR', order: 0 },
  gated: { table: 'filter', role: 'FORWARD', order: 0 },
  guard: { table: 'filter', role: 'FORWARD', order: 1 },
  answers: { table: 'filter', role: 'FORWARD', order: 2 },
  allowed: { table: 'filter', role: 'FORWARD', order: 3 },
  policies: { table: 'filter', role: 'FORWARD', order: 4 },
  translated: { table: 'filter', role: 'FORWARD', order: 5 },
  denied: { table: 'filter', role: 'FORWARD', order: 6 },
  passGate: { table: 'filter', role: 'GATE', order: 0 },
  stopAtGate: { table: 'filter', role: 'GATE', order: 1 },
  knownBeyond: { table: 'filter', role: 'GATE', order: 2 },
  gate: { table: 'filter', role: 'GATE', order: 3 },
  spoofed: { table: 'filter', role: 'SPOOFED', order: 0 },
  leaving: { table: 'filter', role: 'LEAVING', order: 0 },
  between: { table: 'filter', role: 'BETWEEN', order: 0 },
  arriving: { table: 'filter', role: 'ARRIVING', order: 0 },
  deaf: { table: 'filter', role: 'INPUT', order: 0 },
  proxied: { table: 'filter', role: 'INPUT', order: 1 },
  inward: { table: 'filter', role: 'INPUT', order: 2 },
  hostAnswers: { table: 'filter', role: 'HOST', order: 0 },
  toHost: { table: 'filter', role: 'HOST', order: 1 },
  hostDenied: { table: 'filter', role: 'HOST', order: 2 },
  mute: { table: 'filter', role: 'OUTPUT', order: 0 },
  fromHost: { table: 'filter', role: 'OUTPUT', order: 1 },
  outward: { table: 'filter', role: 'OUTPUT', order: 2 },
  markByPort: { table: 'mangle', role: 'MARK', order: 0 },
  ownConnections: { table: 'mangle', role: 'MARK', order: 1 },
  mark: { table: 'mangle', role: 'MARK', order: 2 },
  arrived: { table: 'mangle', role: 'MARK', order: 3 },
  markTranslated: { table: 'mangle', role: 'MARK', order: 4 },
  fromNetworks: { table: 'mangle', role: 'CONNMARK', order: 0 },
  connmark: { table: 'mangle', role: 'CONNMARK', order: 1 },
  counted: { table: 'mangle', role: 'COUNT', order: 0 },
  led: { table: 'mangle', role: 'COUNT-LED', order: 0 },
  dnat: { table: 'nat', role: 'PREROUTING', order: 0 },
  names: { table: 'nat', role: 'PREROUTING', order: 1 },
  resolver: { table: 'nat', role: 'OUTPUT', order: 0 },
  masquerade: { table: 'nat', role: 'POSTROUTING', order: 0 },
  within: { table: 'nat', role: 'POSTROUTING', order: 1 },
  uplink: { table: 'nat', role: 'POSTROUTING', order: 2 },
} as const satisfies Record<string, { table: TableName; role: ChainRole; order: number }>;

export type ChainPart = keyof typeof chains;

/** Parts in which every rule is wanted, in the order in which they come: the file's. */
export const inFileOrder: ReadonlySet<ChainPart> = new Set<ChainPart>(['policies', 'toHost', 'fromHost']);

/** The foreign chains that jump into ours; of several, the first that packets reach. Docker keeps DOCKER-USER for its users. */
export const hooksOf: Partial<Record<ChainRole, readonly string[]>> = {
  RAW: ['PREROUTING'],
  FORWARD: ['DOCKER-USER', 'FORWARD'],
  INPUT: ['INPUT'],
  OUTPUT: ['OUTPUT'],
  MARK: ['PREROUTING'],
  CONNMARK: ['FORWARD'],
  COUNT: ['POSTROUTING'],
  PREROUTING: ['PREROUTING'],
  POSTROUTING: ['POSTROUTING'],
};
