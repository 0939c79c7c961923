import { hexadecimal, parseAddress } from '../model/address.ts';
import type { Family, Target } from '../model/ruleset.ts';
import { readMark, readPorts } from './read-values.ts';
import { builtinTargets } from './render-values.ts';

/** What a rule says of its target. */
export interface TargetWords {
  readonly target: string;
  /** The option of the target and its value, where it has one. */
  readonly how: string;
  readonly value: string;
  readonly comment: string | undefined;
}

/** What the words say is done with the packet; undefined where it is nothing that we write. */
export function readTarget({ target, how, value, comment }: TargetWords, family: Family): Target | undefined {
  switch (how === '' ? target : `${target} ${how}`) {
    case '':
      return comment === undefined ? undefined : { kind: 'count' };
    case 'ACCEPT':
      return { kind: 'accept' };
    case 'RETURN':
      return { kind: 'return' };
    case 'DROP':
      return { kind: 'drop' };
    case 'MASQUERADE':
      return { kind: 'masquerade' };
    case 'CT --notrack':
      return { kind: 'notrack' };
    case 'LOG':
    case 'LOG --log-prefix':
      return { kind: 'log', prefix: value };
    case 'REJECT --reject-with':
      return readReject(value, family);
    case 'MARK --set-xmark':
      return readMarking('mark', value);
    case 'CONNMARK --set-xmark':
      return readMarking('connmark', value);
    case 'DNAT --to-destination':
      return readDestination(value, family);
    default:
      return how !== '' || builtinTargets.has(target) ? undefined : { kind: 'jump', chain: target };
  }
}

function readMarking(kind: 'mark' | 'connmark', text: string): Target | undefined {
  const mark = readMark(text);
  return mark === undefined ? undefined : { kind, mark };
}

function readReject(value: string, family: Family): Target | undefined {
  if (value === 'tcp-reset') return { kind: 'reject', with: 'tcp-reset' };
  const unreachable = family === 4 ? 'icmp-port-unreachable' : 'icmp6-port-unreachable';
  return value === unreachable ? { kind: 'reject', with: 'port-unreachable' } : undefined;
}

function readDestination(value: string, family: Family): Target | undefined {
  const shape = family === 4 ? /^([0-9.]+)(?::([0-9-]+))?$/ : /^\[?([0-9a-f:.]+?)(?:\]:([0-9-]+)|\])?$/;
  const [, text = '', portsText] = shape.exec(value) ?? [];
  const address = parseAddress(family === 6 ? hexadecimal(text) : text);
  if (address === undefined) return undefined;
  if (portsText === undefined) return { kind: 'dnat', address };
  const ports = readPorts(portsText, '-');
  return ports === undefined ? undefined : { kind: 'dnat', address, ports };
}
