import { hostNamespace } from '../model/namespace.ts';
import type { Notice } from '../model/notice.ts';
import type { Observed } from '../model/observed.ts';
import { instanceOfChain, type Ownership, ownership as ownershipOf } from '../model/ownership.ts';
import type { Part } from './part.ts';

/**
 * Nothing about routes and rules while another instance has the same route protocol, as one in 55 pairs of names have: neither can
 * tell its own from the other's. The other is known by its chains, which nobody else can make; names in labels are anybody's.
 */
export function withoutRivals(routing: Part, observed: Observed, mine: Ownership): Part {
  const rival = rivalIn(observed, mine);
  if (rival === undefined) return routing;
  const notice: Notice = {
    kind: 'refused',
    subject: 'routes and rules',
    message: `those of instance ${mine.instance} cannot be told from those of instance ${rival}: both names lead to route protocol ${mine.routeProtocol}`,
    hint: 'give this instance another name by NETWRIGHT_INSTANCE',
  };
  return { operations: [], notices: [...routing.notices, notice] };
}

function rivalIn({ namespaces }: Observed, mine: Ownership): string | undefined {
  return namespaces
    .get(hostNamespace)
    ?.tables.flatMap(({ foreignChains }) => [...foreignChains].flatMap((name) => instanceOfChain(name) ?? []))
    .find((name) => name !== mine.instance && ownershipOf(name).routeProtocol === mine.routeProtocol);
}
