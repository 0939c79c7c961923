import type { Backend } from '../model/ruleset.ts';

/** What the host's two rule stores hold; a split (rules in both) is a thing to tell the user (H3). */
export interface BackendFacts {
  readonly backend: Backend;
  readonly why: 'engine' | 'default';
  /** The stores that hold any rule or chain besides empty built-in chains. */
  readonly filled: readonly Backend[];
  /** The stores in which the engine's own chains are. */
  readonly engineIn: readonly Backend[];
}

/** Decides by the host's saved IPv4 tables, with or without counters: the store with the engine's chains, the default where there are none or two. */
export function chooseBackend(saved: Readonly<Record<Backend, string>>, byDefault: Backend): BackendFacts {
  const stores: readonly Backend[] = ['nft', 'legacy'];
  const filled = stores.filter((store) => /^(-A |\[[0-9]+:[0-9]+\] -A |:[^ ]+ -)/m.test(saved[store]));
  const engineIn = stores.filter((store) => /^:(DOCKER|NETAVARK|CNI-)/m.test(saved[store]));
  const [only, other] = engineIn;
  if (only !== undefined && other === undefined) return { backend: only, why: 'engine', filled, engineIn };
  return { backend: byDefault, why: 'default', filled, engineIn };
}
