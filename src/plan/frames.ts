import type { Change } from '../model/change.ts';
import type { Desired } from '../model/desired.ts';
import { type DesiredFrames, frameTexts, type ObservedFrames, type Ports, portKey } from '../model/frames.ts';
import { hostNamespace } from '../model/namespace.ts';
import type { Observed } from '../model/observed.ts';
import type { Operation } from '../model/plan.ts';
import type { RestoreFrames } from '../model/rules-operations.ts';
import { frameTable } from './frame-table.ts';
import type { Part } from './part.ts';

/** One transaction that makes the host's table of frames what it should be; none where it is. */
export function planFrames({ frames: desired }: Desired, { namespaces }: Observed): Part {
  const host = namespaces.get(hostNamespace);
  const present = host?.frames;
  if (host === undefined || (desired === undefined && present === undefined))
    return { operations: [], notices: [] };
  const operation = desired === undefined ? removal() : difference(desired, present, host.ports ?? new Map());
  return { operations: operation === undefined ? [] : [operation], notices: [] };
}

function removal(): Operation {
  return {
    kind: 'restore-frames',
    because: 'no longer in the file',
    changes: [line('-', 'who is behind which port of a bridge')],
    namespace: hostNamespace,
  };
}

function difference(
  desired: DesiredFrames,
  present: ObservedFrames | undefined,
  ports: Ports,
): Operation | undefined {
  const table = frameTable(desired, ports);
  const wanted = frameTexts(table);
  if (present !== undefined && same(wanted.sets, present.sets) && same(wanted.chains, present.chains))
    return undefined;
  const text = `${desired.networks.join(', ')}: who is behind which port`;
  return {
    kind: 'restore-frames',
    because: present === undefined ? 'no such table yet' : 'the table in the kernel differs',
    changes: [{ ...line(present === undefined ? '+' : '~', text), origin: desired.origin }],
    namespace: hostNamespace,
    table,
    announce: knownGateways(desired, ports),
  };
}

/** The gateways whose port the table knows. */
function knownGateways(
  { places, gateways }: DesiredFrames,
  ports: Ports,
): NonNullable<RestoreFrames['announce']> {
  return places.flatMap((place) => {
    const { namespace, addresses, role } = place;
    if (role !== 'gateway' || namespace === undefined || !ports.has(portKey(place))) return [];
    const address = addresses.find((one) => gateways.includes(one));
    return address === undefined ? [] : [{ namespace, address }];
  });
}

function line(sign: Change['sign'], text: string): Change {
  return { sign, area: 'namespace', place: 'host', text };
}

function same(
  one: ReadonlyMap<string, readonly string[]>,
  other: ReadonlyMap<string, readonly string[]>,
): boolean {
  if (one.size !== other.size) return false;
  return [...one].every(([name, texts]) => {
    const there = other.get(name);
    return there?.length === texts.length && texts.every((text, index) => text === there[index]);
  });
}
