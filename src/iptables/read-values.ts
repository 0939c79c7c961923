import { hexadecimal, parseCidr } from '../model/address.ts';
import type { Mark } from '../model/config.ts';
import type { ConntrackState, Family, Match, PortRange, SetMatch } from '../model/ruleset.ts';
import { stateOrder } from './render-rule.ts';

/** A mask of all bits is no mask. */
export function readMark(text: string): Mark | undefined {
  const [, mark = '', mask] = /^0x([0-9a-f]{1,8})(?:\/0x([0-9a-f]{1,8}))?$/.exec(text) ?? [];
  if (mark === '') return undefined;
  return {
    mark: Number.parseInt(mark, 16),
    ...(mask !== undefined && mask !== 'ffffffff' && { mask: Number.parseInt(mask, 16) }),
  };
}

/** A CIDR, of IPv6 also as it ends in IPv4. */
export function readCidr(text: string, family: Family): string | undefined {
  if (family === 4) return /^[0-9.]+\/[0-9]+$/.test(text) ? text : undefined;
  return text.includes('.')
    ? parseCidr(hexadecimal(text))
    : /^[0-9a-f:]+\/[0-9]+$/.test(text)
      ? text
      : undefined;
}

/** States in the order of `stateOrder`; undefined where one is none that we write. */
export function readStates(value: string): readonly ConntrackState[] | undefined {
  const names = value.split(',');
  const states = stateOrder.filter((state) => names.includes(state));
  return states.length === names.length ? states : undefined;
}

/** `--ctdir`. */
export function readDirection(value: string): Match['direction'] | undefined {
  return value === 'ORIGINAL' || value === 'REPLY' ? value : undefined;
}

/** The set's name and its sides, which come as two words. */
export function readSet(value: string): SetMatch | undefined {
  const [name = '', sides = ''] = value.split(' ');
  const by = sides.split(',').flatMap((side) => (side === 'src' || side === 'dst' ? side : []));
  return by.join() === sides ? { name, by } : undefined;
}

/** A range of `--dport`, or several of `--dports`. */
export function readPortLists(value: string, several: boolean): readonly PortRange[] | undefined {
  const ranges: PortRange[] = [];
  for (const text of several ? value.split(',') : [value]) {
    const range = readPorts(text, ':');
    if (range === undefined) return undefined;
    ranges.push(range);
  }
  return ranges;
}

/** A port, or two with this between them; undefined for what is no range of ports. */
export function readPorts(text: string, separator: ':' | '-'): PortRange | undefined {
  const at = text.indexOf(separator);
  const from = readNumber(at === -1 ? text : text.slice(0, at));
  const to = at === -1 ? from : readNumber(text.slice(at + 1));
  return from === undefined || to === undefined || to > 65535 || from > to ? undefined : { from, to };
}

/** A whole number of ten digits at most. */
export function readNumber(text: string): number | undefined {
  return /^[0-9]{1,10}$/.test(text) ? Number(text) : undefined;
}
