import type { WarmUp } from '../model/desired.ts';
import type { InnerPort } from './marks.ts';
import type { Placed } from './placed.ts';
import type { LabelledPort } from './port-label.ts';
import type { Watched } from './watched.ts';

/** A range may be of thousands of ports. */
const mostPorts = 32;

/** The ports of a container that are connected to once from each of the namespaces; a range is known by its first ports. */
export function warmUpsOf(
  { container, addresses }: Watched,
  labelled: readonly LabelledPort[],
  marked: readonly InnerPort[],
  places: readonly Placed[],
): readonly WarmUp[] {
  const { pid } = container;
  if (pid === undefined) return [];
  const ports = [
    ...new Map([...innerPorts(labelled), ...marked].map((port) => [portKey(port), port])).values(),
  ];
  return places
    .filter(({ place }) => place.id !== '')
    .flatMap(({ place }) =>
      ports.slice(0, mostPorts).flatMap(({ protocol, port }) =>
        protocol === 'sctp'
          ? []
          : addresses.map((address) => ({
              from: place.id,
              containerId: container.id,
              containerName: container.name,
              containerPid: pid,
              address,
              port,
              protocol,
            })),
      ),
    );
}

function innerPorts(labelled: readonly LabelledPort[]): readonly InnerPort[] {
  return labelled.flatMap(({ protocol, inside: { from, to } }) =>
    Array.from({ length: Math.min(to - from + 1, mostPorts) }, (_, n) => ({ protocol, port: from + n })),
  );
}

function portKey({ protocol, port }: InnerPort): string {
  return `${protocol} ${port}`;
}
