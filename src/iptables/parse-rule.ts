import { parseAddress, parseCidr } from '../model/address.ts';
import type { ConntrackState, Family, Match, PortRange, Protocol, Rule, Target } from '../model/ruleset.ts';
import { builtinTargets, stateOrder } from './render-rule.ts';
import { words } from './words.ts';

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

/** A rule being read, option by option; one that comes twice is not ours. */
interface Reading {
  readonly family: Family;
  readonly match: Writable<Match>;
  readonly options: Map<string, string>;
}

/** Takes the option's value into the rule; false when the value is none that we write. */
type Reader = (reading: Reading, value: string) => boolean;

const modules: ReadonlySet<string> = new Set([
  'tcp',
  'udp',
  'sctp',
  'multiport',
  'conntrack',
  'addrtype',
  'statistic',
  'comment',
]);

/** By name and by number: iptables-save prints numbers for what /etc/protocols does not have. */
const protocols: Readonly<Record<Family, ReadonlyMap<string, Protocol>>> = {
  4: new Map([...ported(), ['icmp', 'icmp'], ['1', 'icmp']]),
  6: new Map([...ported(), ['ipv6-icmp', 'icmp'], ['icmpv6', 'icmp'], ['icmp6', 'icmp'], ['58', 'icmp']]),
};

function ported(): readonly (readonly [string, Protocol])[] {
  return [
    ['tcp', 'tcp'],
    ['6', 'tcp'],
    ['udp', 'udp'],
    ['17', 'udp'],
    ['sctp', 'sctp'],
    ['132', 'sctp'],
  ];
}

const readers: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['-s', ({ family, match }, value) => put(match, 'source', readCidr(value, family))],
  ['-d', ({ family, match }, value) => put(match, 'destination', readCidr(value, family))],
  ['-i', ({ match }, value) => put(match, 'inInterface', value)],
  ['-o', ({ match }, value) => put(match, 'outInterface', value)],
  ['-p', ({ family, match }, value) => put(match, 'protocol', protocols[family].get(value))],
  ['-m', (_, value) => modules.has(value)],
  ['--dport', ({ match }, value) => put(match, 'destinationPorts', readPortLists(value, false))],
  ['--dports', ({ match }, value) => put(match, 'destinationPorts', readPortLists(value, true))],
  ['--ctstate', ({ match }, value) => put(match, 'states', readStates(value))],
  ['--ctdir', ({ match }, value) => put(match, 'direction', readDirection(value))],
  ['--ctorigdstport', ({ match }, value) => put(match, 'originalPorts', readPorts(value, ':'))],
  ['--dst-type', ({ match }, value) => value === 'LOCAL' && put(match, 'toLocalAddress', true)],
  ['--mode', (_, value) => value === 'nth'],
  ['--every', ({ match }, value) => put(match, 'every', readNumber(value))],
  ['--packet', (_, value) => value === '0'],
  ['--comment', () => true],
  ['-j', () => true],
  ['--reject-with', () => true],
  ['--log-prefix', () => true],
  ['--to-destination', () => true],
]);

const targetOptions = ['--reject-with', '--log-prefix', '--to-destination'] as const;

/** The rule that iptables-save printed after `-A CHAIN `, or undefined when any word of it is none that `renderRule` writes. */
export function parseRule(text: string, family: Family): Rule | undefined {
  const found = words(text);
  if (found === undefined || found.length % 2 !== 0) return undefined;
  const reading: Reading = { family, match: {}, options: new Map() };
  for (let at = 0; at < found.length; at += 2) {
    const [option = '', value = ''] = [found[at], found[at + 1]];
    const read = readers.get(option);
    const key = option === '-m' ? `-m ${value}` : option;
    if (read === undefined || reading.options.has(key) || !read(reading, value)) return undefined;
    reading.options.set(key, value);
  }
  if (reading.options.has('--dport') && reading.options.has('--dports')) return undefined;
  const target = readTarget(reading);
  if (target === undefined) return undefined;
  const comment = reading.options.get('--comment');
  return comment === undefined ? { match: reading.match, target } : { match: reading.match, target, comment };
}

function put<Key extends keyof Match>(
  match: Writable<Match>,
  key: Key,
  value: Match[Key] | undefined,
): boolean {
  if (value === undefined) return false;
  match[key] = value;
  return true;
}

function readTarget({ options, family }: Reading): Target | undefined {
  const name = options.get('-j') ?? 'RETURN';
  const given = targetOptions.filter((option) => options.has(option));
  const value = options.get(given[0] ?? '') ?? '';
  switch ([name, ...given].join(' ')) {
    case 'ACCEPT':
      return { kind: 'accept' };
    case 'DROP':
      return { kind: 'drop' };
    case 'MASQUERADE':
      return { kind: 'masquerade' };
    case 'LOG':
    case 'LOG --log-prefix':
      return { kind: 'log', prefix: value };
    case 'REJECT --reject-with':
      return readReject(value, family);
    case 'DNAT --to-destination':
      return readDestination(value, family);
    default:
      return given.length > 0 || builtinTargets.has(name) ? undefined : { kind: 'jump', chain: name };
  }
}

function readReject(value: string, family: Family): Target | undefined {
  if (value === 'tcp-reset') return { kind: 'reject', with: 'tcp-reset' };
  const unreachable = family === 4 ? 'icmp-port-unreachable' : 'icmp6-port-unreachable';
  return value === unreachable ? { kind: 'reject', with: 'port-unreachable' } : undefined;
}

function readDestination(value: string, family: Family): Target | undefined {
  const shape = family === 4 ? /^([0-9.]+)(?::([0-9-]+))?$/ : /^\[?([0-9a-f:.]+?)(?:\]:([0-9-]+)|\])?$/;
  const [, text = '', portsText] = shape.exec(value) ?? [];
  const address = parseAddress(text);
  if (address === undefined) return undefined;
  if (portsText === undefined) return { kind: 'dnat', address };
  const ports = readPorts(portsText, '-');
  return ports === undefined ? undefined : { kind: 'dnat', address, ports };
}

function readCidr(text: string, family: Family): string | undefined {
  // The tools print IPv4 as we do; glibc writes the last 32 bits of some IPv6 addresses as IPv4, which we do not.
  if (family === 4) return /^[0-9.]+\/[0-9]+$/.test(text) ? text : undefined;
  return text.includes('.') ? parseCidr(text) : /^[0-9a-f:]+\/[0-9]+$/.test(text) ? text : undefined;
}

function readStates(value: string): readonly ConntrackState[] | undefined {
  const names = value.split(',');
  const states = stateOrder.filter((state) => names.includes(state));
  return states.length === names.length ? states : undefined;
}

function readDirection(value: string): Match['direction'] | undefined {
  return value === 'ORIGINAL' || value === 'REPLY' ? value : undefined;
}

function readPortLists(value: string, several: boolean): readonly PortRange[] | undefined {
  const ranges: PortRange[] = [];
  for (const text of several ? value.split(',') : [value]) {
    const range = readPorts(text, ':');
    if (range === undefined) return undefined;
    ranges.push(range);
  }
  return ranges;
}

function readPorts(text: string, separator: ':' | '-'): PortRange | undefined {
  const at = text.indexOf(separator);
  const from = readNumber(at === -1 ? text : text.slice(0, at));
  const to = at === -1 ? from : readNumber(text.slice(at + 1));
  return from === undefined || to === undefined || to > 65535 || from > to ? undefined : { from, to };
}

function readNumber(text: string): number | undefined {
  return /^[0-9]{1,10}$/.test(text) ? Number(text) : undefined;
}
