import type { Ownership, SetRole } from '../model/ownership.ts';
import type { Family, SetMatch } from '../model/ruleset.ts';
import type { DesiredSet, SetElement, SetType } from '../model/sets.ts';

const typeOf: Readonly<Record<SetRole, SetType>> = {
  allow: 'hash:ip,port,net',
  links: 'hash:net,iface',
  homes: 'hash:net,iface',
  nets: 'hash:net',
};

/** The elements of one family's sets while they are gathered: of two with the same entry the first is kept. */
export type SetParts = Map<SetRole, Map<string, SetElement>>;

/** Our sets as the kernel is to have them; an empty one is none. */
export function setsOf(parts: ReadonlyMap<Family, SetParts>, ownership: Ownership): readonly DesiredSet[] {
  return [...parts].flatMap(([family, roles]) =>
    [...roles].map(([role, elements]) => ({
      name: ownership.set(role, family),
      family,
      type: typeOf[role],
      elements: [...elements.values()],
    })),
  );
}

/** The fields of a packet that are an element: where it goes, or where it comes from. */
export function inSet(
  role: SetRole,
  side: 'source' | 'target',
  family: Family,
  ownership: Ownership,
): SetMatch {
  const [near, far] = side === 'source' ? (['src', 'dst'] as const) : (['dst', 'src'] as const);
  const by = { allow: [near, near, far], links: [near, near], homes: [near, near], nets: [near] } as const;
  return { name: ownership.set(role, family), by: by[role] };
}
