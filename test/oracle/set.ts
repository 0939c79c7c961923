import { containsAddress, prefixLength } from '../../src/model/address.ts';
import type { SetMatch } from '../../src/model/ruleset.ts';
import type { SetElement, SetType } from '../../src/model/sets.ts';
import type { Packet } from './packet.ts';

/** The sets of a namespace as far as rules look into them. */
export type Sets = readonly {
  readonly name: string;
  readonly type: SetType;
  readonly elements: readonly Pick<SetElement, 'entry'>[];
}[];

/** Whether the packet's fields are an element of the set. */
export function isElement({ name, by }: SetMatch, packet: Packet, sets: Sets): boolean {
  const set = sets.find((each) => each.name === name);
  if (set === undefined) throw new Error(`a match in a set that is not there: ${name}`);
  if (by.length !== set.type.split(',').length) throw new Error(`${by.join()} in a ${set.type}`);
  const elements = set.elements.map(({ entry }) => entry.split(','));
  const seen =
    set.type === 'hash:net,iface'
      ? narrowest(elements, by[0] === 'dst' ? packet.destination : packet.source)
      : elements;
  return seen.some((element) => isWithin(set.type, element, by, packet));
}

/** With interfaces, the kernel looks no further than the narrowest block that holds the address, whatever the interface (`multi` in mtype_test_cidrs). */
function narrowest(
  elements: readonly (readonly string[])[],
  address: string,
): readonly (readonly string[])[] {
  const holding = elements.filter(([net = '']) => containsAddress(block(net), address));
  const longest = Math.max(...holding.map(([net = '']) => prefixLength(block(net))));
  return holding.filter(([net = '']) => prefixLength(block(net)) === longest);
}

function isWithin(
  type: SetType,
  [first = '', second = '', third = '']: readonly string[],
  [one = 'src', two = 'src', three = 'src']: SetMatch['by'],
  packet: Packet,
): boolean {
  const address = (side: 'src' | 'dst'): string => (side === 'src' ? packet.source : packet.destination);
  switch (type) {
    case 'hash:net':
      return containsAddress(block(first), address(one));
    case 'hash:net,iface':
      return (
        second === (two === 'src' ? packet.inInterface : packet.outInterface) &&
        containsAddress(block(first), address(one))
      );
    case 'hash:ip,port,net':
      return (
        second === `${packet.protocol}:${(two === 'src' ? packet.sourcePort : packet.port) ?? 'none'}` &&
        containsAddress(block(first), address(one)) &&
        containsAddress(block(third), address(three))
      );
  }
}

/** An address alone is the block of it. */
function block(text: string): string {
  if (text.includes('/')) return text;
  return `${text}/${text.includes(':') ? 128 : 32}`;
}
