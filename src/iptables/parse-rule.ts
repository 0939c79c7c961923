import type { Family, Match, Protocol, Rule } from '../model/ruleset.ts';
import { readTarget, type TargetWords } from './read-target.ts';
import {
  readCidr,
  readDirection,
  readMark,
  readNumber,
  readPortLists,
  readPorts,
  readSet,
  readStates,
} from './read-values.ts';
import { words } from './words.ts';

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

/** A rule being read, option by option. */
interface Reading extends Writable<TargetWords> {
  readonly family: Family;
  readonly match: Writable<Match>;
}

/** Takes the option's value into the rule; false when the value is none that we write, or something there was is said again. */
type Reader = (reading: Reading, value: string) => boolean;

const modules: ReadonlySet<string> = new Set([
  'tcp',
  'udp',
  'sctp',
  'multiport',
  'icmp',
  'icmp6',
  'set',
  'conntrack',
  'connmark',
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
  ['! -i', ({ match }, value) => put(match, 'exceptInInterface', value)],
  ['-o', ({ match }, value) => put(match, 'outInterface', value)],
  ['-p', ({ family, match }, value) => put(match, 'protocol', protocols[family].get(value))],
  ['-m', (_, value) => modules.has(value)],
  ['--dport', ({ match }, value) => put(match, 'destinationPorts', readPortLists(value, false))],
  ['--dports', ({ match }, value) => put(match, 'destinationPorts', readPortLists(value, true))],
  ['--sport', ({ match }, value) => put(match, 'sourcePorts', readPortLists(value, false))],
  ['--sports', ({ match }, value) => put(match, 'sourcePorts', readPortLists(value, true))],
  ['--icmp-type', ({ family, match }, value) => family === 4 && put(match, 'icmpType', readNumber(value))],
  ['--icmpv6-type', ({ family, match }, value) => family === 6 && put(match, 'icmpType', readNumber(value))],
  ['--match-set', ({ match }, value) => put(match, 'set', readSet(value))],
  ['--ctstate', ({ match }, value) => put(match, 'states', readStates(value))],
  ['--ctdir', ({ match }, value) => put(match, 'direction', readDirection(value))],
  ['--mark', ({ match }, value) => put(match, 'connmark', readMark(value))],
  ['--ctorigdstport', ({ match }, value) => put(match, 'originalPorts', readPorts(value, ':'))],
  ['--dst-type', ({ match }, value) => value === 'LOCAL' && put(match, 'toLocalAddress', true)],
  ['--mode', (_, value) => value === 'nth'],
  ['--every', ({ match }, value) => put(match, 'every', readNumber(value))],
  ['--packet', (_, value) => value === '0'],
  ['--comment', readComment],
  ['-j', readTargetName],
  ['--reject-with', (reading, value) => readHow(reading, '--reject-with', value)],
  ['--log-prefix', (reading, value) => readHow(reading, '--log-prefix', value)],
  ['--set-xmark', (reading, value) => readHow(reading, '--set-xmark', value)],
  ['--to-destination', (reading, value) => readHow(reading, '--to-destination', value)],
]);

/** The rule that iptables-save printed after `-A CHAIN `, or undefined when any word of it is none that `renderRule` writes. */
export function parseRule(text: string, family: Family): Rule | undefined {
  const found = words(text);
  if (found === undefined) return undefined;
  const reading: Reading = { family, match: {}, target: '', how: '', value: '', comment: undefined };
  let at = 0;
  const next = (): string => found[at++] ?? '';
  while (at < found.length) {
    const word = next();
    const option = word === '!' ? `! ${next()}` : word;
    if (option === '! --update-counters') {
      if (!leaveUncounted(reading)) return undefined;
      continue;
    }
    if (option === '--notrack') {
      if (!readHow(reading, option, '')) return undefined;
      continue;
    }
    const read = readers.get(option);
    if (read === undefined || at === found.length) return undefined;
    if (!read(reading, option === '--match-set' ? `${next()} ${next()}` : next())) return undefined;
  }
  const target = readTarget(reading, family);
  if (target === undefined) return undefined;
  const { match, comment } = reading;
  return comment === undefined ? { match, target } : { match, target, comment };
}

function readComment(reading: Reading, value: string): boolean {
  if (reading.comment !== undefined) return false;
  reading.comment = value;
  return true;
}

function readTargetName(reading: Reading, value: string): boolean {
  if (reading.target !== '') return false;
  reading.target = value;
  return true;
}

function readHow(reading: Reading, how: string, value: string): boolean {
  if (reading.how !== '') return false;
  reading.how = how;
  reading.value = value;
  return true;
}

function put<Key extends keyof Match>(
  match: Writable<Match>,
  key: Key,
  value: Match[Key] | undefined,
): boolean {
  if (value === undefined || match[key] !== undefined) return false;
  match[key] = value;
  return true;
}

function leaveUncounted({ match }: Reading): boolean {
  if (match.set === undefined || match.set.uncounted === true) return false;
  match.set = { ...match.set, uncounted: true };
  return true;
}
