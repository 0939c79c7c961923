import { toCidr } from '../model/address.ts';
import type { DesiredTable, Match, Protocol, Rule, SetMatch } from '../model/ruleset.ts';
import type { DesiredSet, SetElement } from '../model/sets.ts';

/** The same meaning in rules alone: in the place of a rule that looks into a set, one for each of its elements. */
export function withoutSets(
  tables: readonly DesiredTable[],
  sets: readonly DesiredSet[],
): readonly DesiredTable[] {
  const byName = new Map(sets.map((set) => [set.name, set]));
  const writtenOut = (rule: Rule): readonly Rule[] => {
    const { set, ...match } = rule.match;
    if (set === undefined) return [rule];
    return (byName.get(set.name)?.elements ?? []).map((element) => ({
      ...rule,
      match: { ...match, ...elementMatch(element, set, byName.get(set.name)?.type) },
      ...(element.comment !== undefined && { comment: element.comment }),
      ...(element.origin !== undefined && { origin: element.origin }),
    }));
  };
  return tables.map((table) => ({
    ...table,
    chains: table.chains.map((chain) => ({ ...chain, rules: chain.rules.flatMap(writtenOut) })),
  }));
}

/** What packets a look-up means by one element. */
export function elementMatch(
  { entry }: Pick<SetElement, 'entry'>,
  { by }: SetMatch,
  type: DesiredSet['type'] | undefined,
): Match {
  const [first = '', second = '', third = ''] = entry.split(',');
  const toSource = by[0] === 'src';
  switch (type) {
    case 'hash:ip,port,net': {
      const [protocol, port] = portOf(second);
      const [near, far] = [toCidr(first), toCidr(third)];
      return toSource
        ? { source: near, destination: far, protocol, sourcePorts: [port] }
        : { source: far, destination: near, protocol, destinationPorts: [port] };
    }
    case 'hash:net,iface':
      return toSource
        ? { source: toCidr(first), inInterface: second }
        : { destination: toCidr(first), outInterface: second };
    case 'hash:net':
      return toSource ? { source: toCidr(first) } : { destination: toCidr(first) };
    case undefined:
      return {};
  }
}

function portOf(text: string): readonly [Protocol, { readonly from: number; readonly to: number }] {
  const [protocol, number] = text.split(':');
  const port = Number(number);
  const named = protocol === 'udp' || protocol === 'sctp' ? protocol : 'tcp';
  return [named, { from: port, to: port }];
}
