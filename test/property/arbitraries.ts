import fc from 'fast-check';
import { parseCidr } from '../../src/model/address.ts';
import type { Mark } from '../../src/model/config.ts';
import type {
  ConntrackState,
  Family,
  Match,
  PortRange,
  Rule,
  SetMatch,
  Target,
} from '../../src/model/ruleset.ts';

/** Leaves out what is undefined, as exactOptionalPropertyTypes wants it. */
function present<T extends object>(fields: { [Key in keyof T]: T[Key] | undefined }): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}

export const families: fc.Arbitrary<Family> = fc.constantFrom(4, 6);

/** An address in its canonical spelling. */
function addresses(family: Family): fc.Arbitrary<string> {
  if (family === 4) return fc.ipV4();
  // Nothing below ::/8 and no run of zeros that two spellings could differ in; the kernel's own spelling is put to the test elsewhere.
  return fc
    .tuple(
      fc.constantFrom('fd00', '2001', 'fe80'),
      fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 7, maxLength: 7 }),
    )
    .map(([first, rest]) => parseCidr(`${[first, ...rest.map((part) => part.toString(16))].join(':')}/128`))
    .map((cidr) => (cidr ?? '').replace(/\/128$/, ''));
}

/** A canonical CIDR with at least one bit fixed. */
function cidrs(family: Family): fc.Arbitrary<string> {
  const longest = family === 4 ? 32 : 128;
  const lengths = fc.oneof(fc.constantFrom(longest, longest / 2), fc.integer({ min: 1, max: longest }));
  return fc
    .tuple(addresses(family), lengths)
    .map(([address, length]) => parseCidr(`${address}/${length}`) ?? '')
    .filter((cidr) => !cidr.startsWith('0.0.0.0/') && !cidr.startsWith('::/'));
}

const portRanges: fc.Arbitrary<PortRange> = fc.oneof(
  fc.integer({ min: 0, max: 65535 }).map((port) => ({ from: port, to: port })),
  fc
    .tuple(fc.integer({ min: 0, max: 65535 }), fc.integer({ min: 0, max: 65535 }))
    .map(([one, other]) => ({ from: Math.min(one, other), to: Math.max(one, other) })),
);

const interfaceNames: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom('eth0', 'wg0', 'br-0123456789ab', 'eth0.100', 'veth+'),
  fc.stringMatching(/^[a-z][a-z0-9._@-]{0,14}$/),
);

/** What a person may write: printable, and now and then full of quotes. */
function printable(maxLength: number): fc.Arbitrary<string> {
  return fc.oneof(
    fc.string({ maxLength, unit: 'grapheme-ascii' }),
    fc.string({ maxLength, unit: fc.constantFrom('"', "'", '\\', ' ', '-', '!', '#', '$', 'j', 'A') }),
  );
}

const stateSets: fc.Arbitrary<readonly ConntrackState[]> = fc.subarray<ConntrackState>(
  ['INVALID', 'NEW', 'RELATED', 'ESTABLISHED', 'DNAT'],
  { minLength: 1 },
);

/** A mask of no bits matches everything, and one of all is none. */
const marks: fc.Arbitrary<Mark> = fc.oneof(
  fc.record({ mark: fc.nat(0xffffffff) }),
  fc
    .tuple(fc.nat(0xffffffff), fc.integer({ min: 1, max: 0xfffffffe }))
    .map(([bits, mask]) => ({ mark: (bits & mask) >>> 0, mask })),
);

const optional = <T>(values: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(values, { nil: undefined, freq: 2 });

/** The sets that rules look into, which a kernel must have before it takes them. */
const knownSets: readonly SetMatch[] = [
  { name: 'netwright-allow', by: ['dst', 'dst', 'src'] },
  { name: 'netwright-allow', by: ['src', 'src', 'dst'], uncounted: true },
  { name: 'netwright-homes', by: ['src', 'src'] },
  { name: 'netwright-nets', by: ['dst'] },
];

const portLists = fc.array(portRanges, { minLength: 1, maxLength: 7 });

function matches(family: Family): fc.Arbitrary<Match> {
  const ported = fc.record({
    protocol: fc.constantFrom('tcp' as const, 'udp' as const, 'sctp' as const),
    destinationPorts: optional(portLists),
    sourcePorts: optional(portLists),
    icmpType: fc.constant(undefined),
  });
  const portless = fc.record({
    protocol: fc.constant(undefined),
    destinationPorts: fc.constant(undefined),
    sourcePorts: fc.constant(undefined),
    icmpType: fc.constant(undefined),
  });
  const messages = fc.record({
    protocol: fc.constant('icmp' as const),
    destinationPorts: fc.constant(undefined),
    sourcePorts: fc.constant(undefined),
    icmpType: optional(fc.integer({ min: 0, max: 254 })),
  });
  const comingIn = fc.oneof(
    fc.record({ inInterface: optional(interfaceNames), exceptInInterface: fc.constant(undefined) }),
    fc.record({ inInterface: fc.constant(undefined), exceptInInterface: interfaceNames }),
  );
  const rest = fc.record({
    source: optional(cidrs(family)),
    destination: optional(cidrs(family)),
    outInterface: optional(interfaceNames),
    set: optional(
      fc.constantFrom(...knownSets).map((set) => (family === 4 ? set : { ...set, name: `${set.name}6` })),
    ),
    toLocalAddress: optional(fc.constant(true)),
    states: optional(stateSets),
    direction: optional(fc.constantFrom('ORIGINAL' as const, 'REPLY' as const)),
    connmark: optional(marks),
    originalPorts: optional(portRanges),
    every: optional(fc.integer({ min: 1, max: 4 })),
  });
  return fc
    .tuple(fc.oneof(ported, portless, messages), comingIn, rest)
    .map(([protocol, link, others]) => present<Match>({ ...protocol, ...link, ...others }));
}

/** Targets that a chain hooked into FORWARD may have. */
function filterTargets(match: Match): fc.Arbitrary<Target> {
  const reject =
    match.protocol === 'tcp' ? (['port-unreachable', 'tcp-reset'] as const) : (['port-unreachable'] as const);
  return fc.oneof(
    fc.constantFrom<Target>(
      { kind: 'accept' },
      { kind: 'drop' },
      { kind: 'return' },
      { kind: 'jump', chain: 'DOCKER' },
    ),
    fc.constantFrom(...reject).map((how): Target => ({ kind: 'reject', with: how })),
    printable(29).map((prefix): Target => ({ kind: 'log', prefix })),
    fc.constant<Target>({ kind: 'count' }),
  );
}

function dnatTargets(family: Family, match: Match): fc.Arbitrary<Target> {
  const mayTranslatePorts = match.protocol !== undefined && match.protocol !== 'icmp';
  return fc
    .tuple(
      addresses(family),
      mayTranslatePorts ? optional(portRanges.filter(({ from }) => from > 0)) : fc.constant(undefined),
    )
    .map(([address, ports]) => present<Extract<Target, { kind: 'dnat' }>>({ kind: 'dnat', address, ports }));
}

function withTarget(match: Match, targets: fc.Arbitrary<Target>): fc.Arbitrary<Rule> {
  return fc.tuple(targets, optional(printable(255))).map(([target, said]) => {
    const comment = target.kind === 'count' ? (said ?? 'counts') : said;
    return present<Rule>({ match, target, comment, origin: undefined });
  });
}

/** Rules that the kernel takes in a chain hooked into FORWARD of the filter table. */
export function filterRules(family: Family): fc.Arbitrary<Rule> {
  return matches(family).chain((match) => withTarget(match, filterTargets(match)));
}

/** Rules that the kernel takes in a chain hooked into PREROUTING of the nat table: there is no interface to leave by yet. */
export function dnatRules(family: Family): fc.Arbitrary<Rule> {
  return matches(family)
    .map((match) => present<Match>({ ...match, outInterface: undefined }))
    .chain((match) => withTarget(match, dnatTargets(family, match)));
}

/** Rules that the kernel takes in a chain hooked into POSTROUTING of the nat table. */
export function masqueradeRules(family: Family): fc.Arbitrary<Rule> {
  return matches(family)
    .map((match) => present<Match>({ ...match, inInterface: undefined, exceptInInterface: undefined }))
    .chain((match) => withTarget(match, fc.constant<Target>({ kind: 'masquerade' })));
}

/** Rules that the kernel takes in a chain hooked into PREROUTING of the mangle table. */
export function markRules(family: Family): fc.Arbitrary<Rule> {
  const targets = fc.record({ kind: fc.constantFrom('mark' as const, 'connmark' as const), mark: marks });
  return matches(family)
    .map((match) => present<Match>({ ...match, outInterface: undefined }))
    .chain((match) => withTarget(match, targets));
}

/** Rules that the kernel takes in a chain hooked into PREROUTING of the raw table: there are no connections yet. */
export function rawRules(family: Family): fc.Arbitrary<Rule> {
  const targets = fc.constantFrom<Target>({ kind: 'notrack' }, { kind: 'accept' }, { kind: 'return' });
  return matches(family)
    .map((match) => present<Match>({ ...match, outInterface: undefined }))
    .chain((match) => withTarget(match, targets));
}

export function rules(family: Family): fc.Arbitrary<Rule> {
  return fc.oneof(
    filterRules(family),
    dnatRules(family),
    masqueradeRules(family),
    markRules(family),
    rawRules(family),
  );
}
