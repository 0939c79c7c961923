import type { Desired } from '../model/desired.ts';
import type { NamespaceState } from '../model/namespace.ts';
import type { Observed } from '../model/observed.ts';
import type { DesiredSet, ObservedElement, ObservedSet } from '../model/sets.ts';

/**
 * The same, with the elements of sets in the very texts of those that are desired, and a set that is just as desired saying so: ten
 * thousand texts that are the same ones are compared in a tenth of the time that equal ones take, and the same objects in no time.
 */
export function inTextsOf(desired: Desired, observed: Observed): Observed {
  const inTheirs = (state: NamespaceState): NamespaceState => {
    const wanted = new Map(desired.namespaces.get(state.id)?.sets.map((set) => [set.name, set]));
    return { ...state, sets: state.sets.map((set) => setInTextsOf(wanted.get(set.name), set)) };
  };
  const namespaces = [...observed.namespaces].map(
    ([id, state]) => [id, state.sets.length === 0 ? state : inTheirs(state)] as const,
  );
  return { ...observed, namespaces: new Map(namespaces) };
}

function setInTextsOf(desired: DesiredSet | undefined, observed: ObservedSet): ObservedSet {
  const elements = new Map<string, ObservedElement>();
  for (const { entry, comment } of desired?.elements ?? []) {
    const there = observed.elements.get(entry);
    if (there === undefined || there.comment !== comment) continue;
    const { packets, bytes } = there;
    elements.set(
      entry,
      comment === undefined ? { entry, packets, bytes } : { entry, comment, packets, bytes },
    );
  }
  if (elements.size === observed.elements.size && elements.size === desired?.elements.length)
    return { ...observed, elements, asDesired: desired.elements };
  // What is there besides, or otherwise, keeps its own texts.
  for (const [entry, there] of observed.elements) if (!elements.has(entry)) elements.set(entry, there);
  return { ...observed, elements };
}
