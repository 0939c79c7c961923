import { frameTexts } from '../../src/model/frames.ts';
import type { NamespaceState } from '../../src/model/namespace.ts';
import type { Ownership } from '../../src/model/ownership.ts';
import type { RestoreFrames, UpdateSet } from '../../src/model/rules-operations.ts';
import type { ObservedTable } from '../../src/model/ruleset.ts';

/** The kernel takes no rule that looks into a set which is not there. */
export function checked(
  tables: readonly ObservedTable[],
  { sets }: NamespaceState,
): readonly ObservedTable[] {
  const names = new Set(sets.map(({ name }) => name));
  for (const name of setsInUse(tables)) if (!names.has(name)) throw new Error(`no set ${name}`);
  return tables;
}

function setsInUse(tables: readonly ObservedTable[]): ReadonlySet<string> {
  const rules = tables.flatMap(({ chains }) => [...chains.values()].flat());
  return new Set(rules.flatMap((rule) => ('match' in rule ? (rule.match.set?.name ?? []) : [])));
}

/** The namespace after one `ipset restore`. */
export function updated(space: NamespaceState, operation: UpdateSet, ownership: Ownership): NamespaceState {
  const { set: name, family, type, how, add, remove } = operation;
  const old = space.sets.find((set) => set.name === name);
  if (how === 'recreate')
    return updated(withoutSet(space, name, ownership), { ...operation, how: 'create' }, ownership);
  if (how === 'create' ? old !== undefined : old === undefined) throw new Error(`${how} of the set ${name}`);
  if (how === 'swap' && (old?.type !== type || old.family !== family))
    throw new Error(`${name} is a ${old?.type ?? ''}`);
  const elements = new Map(how === 'change' ? old?.elements : []);
  for (const { entry, comment } of add) {
    const { packets = 0, bytes = 0 } = elements.get(entry) ?? {};
    elements.set(entry, { entry, ...(comment !== undefined && { comment }), packets, bytes });
  }
  for (const { entry } of remove) elements.delete(entry);
  const set = { name, family, type, isComplete: true, elements };
  return { ...space, sets: [...space.sets.filter((each) => each !== old), set] };
}

/** The namespace without the set, if nothing uses it. */
export function withoutSet(space: NamespaceState, name: string, ownership: Ownership): NamespaceState {
  if (!ownership.ownsSet(name)) throw new Error(`the set ${name} is foreign`);
  if (setsInUse(space.tables).has(name)) throw new Error(`the set ${name} is in use`);
  return { ...space, sets: space.sets.filter((set) => set.name !== name) };
}

/** As the kernel would be seen to have it. */
export function framed(space: NamespaceState, { table }: RestoreFrames): NamespaceState {
  return { ...space, frames: table && frameTexts(table) };
}
