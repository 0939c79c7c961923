import { isNetwrightError } from '../errors.ts';
import type { Host } from '../host/host.ts';
import type { Place } from '../host/place.ts';
import { askInEach } from '../host/questions.ts';
import { parseLinks } from '../iproute/parse-links.ts';
import {
  type DesiredFrames,
  type FramePlace,
  type ObservedFrames,
  type Ports,
  portKey,
} from '../model/frames.ts';
import type { Interface, NamespaceId, NamespaceState } from '../model/namespace.ts';
import { parseFrames } from '../nftables/parse.ts';

/** Our table of frames; undefined where there is none, or none that can be read. */
export async function observeFrames(
  host: Host,
  place: Place,
  signal: AbortSignal,
): Promise<ObservedFrames | undefined> {
  const frames = await listed(host, place, signal);
  host.framesMayBe.value = frames !== undefined;
  return frames;
}

/** As a look before found it, read again where it found any. */
export async function observeFramesAgain(
  host: Host,
  place: Place,
  before: NamespaceState | undefined,
  signal: AbortSignal,
): Promise<Pick<NamespaceState, 'frames'>> {
  return { frames: before?.frames === undefined ? undefined : await listed(host, place, signal) };
}

async function listed(host: Host, place: Place, signal: AbortSignal): Promise<ObservedFrames | undefined> {
  try {
    const argv = ['nft', '-j', 'list', 'table', 'bridge', host.ownership.frames] as const;
    return parseFrames(await place.run(argv, { signal }));
  } catch (error) {
    signal.throwIfAborted();
    // There is none, or no tool to see it by, or one that was built without JSON.
    if (isNetwrightError(error) || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

const links = { argv: ['ip', '-N', '-j', 'link', 'show'] } as const;

/** Where the containers are plugged into these bridges; each is looked into once in its life, all of them by one process. */
export async function observePorts(
  host: Host,
  { places }: DesiredFrames,
  interfaces: readonly Interface[],
  signal: AbortSignal,
): Promise<Ports> {
  const unknown = new Set<NamespaceId>();
  for (const place of places)
    if (place.namespace !== undefined && portOf(host, place, interfaces) === undefined)
      unknown.add(place.namespace);
  for (const id of host.knownLinks.keys())
    if (!places.some(({ namespace }) => namespace === id)) host.knownLinks.delete(id);
  const told = await host.namespaces.enterAll([...unknown], (namespaces) =>
    askInEach(host.run, namespaces, [links], signal),
  );
  for (const [id, answers] of told) {
    const [answer] = answers.values();
    host.knownLinks.set(id, answer === undefined ? [] : parsed(answer));
  }
  return new Map(
    places.flatMap((place) => {
      const port = portOf(host, place, interfaces);
      return port === undefined ? [] : [[portKey(place), port] as const];
    }),
  );
}

/** What is inside may be called anything, and be unreadable for that. */
function parsed(answer: string): readonly Interface[] {
  try {
    return parseLinks(answer);
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}

/** Each end of a link knows the index of the other. Whoever makes more of them look like this is behind none. */
function portOf(
  { knownLinks }: Host,
  { namespace = '', bridge }: FramePlace,
  interfaces: readonly Interface[],
): string | undefined {
  const inside = knownLinks.get(namespace) ?? [];
  const [port, ...others] = interfaces.filter(
    (end) =>
      end.bridge === bridge && inside.some(({ index, peer }) => end.index === peer && end.peer === index),
  );
  return others.length > 0 ? undefined : port?.name;
}
