import type { Host } from '../host/host.ts';
import { enter, type Place } from '../host/place.ts';
import { askIn, type Question, withAnswers } from '../host/questions.ts';
import type { ObservedFrames } from '../model/frames.ts';
import { hostNamespace } from '../model/namespace.ts';
import { familiesOf } from './families.ts';
import { observeFrames } from './frames.ts';
import { observeRouting, type Routing, routingQuestions } from './routing.ts';
import { hostTableQuestions, observeHostTables } from './rulesets.ts';
import { observeSets } from './sets.ts';

/** What of the host's namespace is read whatever the file says. */
export interface HostReading {
  readonly tables: ReturnType<typeof observeHostTables>;
  readonly routing: Promise<Routing>;
  readonly sets: ReturnType<typeof observeSets>;
  /** Only where there may be any; else it depends on the file whether they are asked for. */
  readonly frames?: Promise<ObservedFrames | undefined>;
}

/** Begins to read the host's rules, sets, routes and frames; while the engine answers, that costs no time of its own. `onAsked` as in `observeSets`. */
export function beginHostReading(host: Host, signal: AbortSignal, onAsked?: () => void): HostReading {
  const told = enter(host, hostNamespace, (place) => askIn(place, questionsOf(host, place), { signal }));
  const knowing = <T>(work: (place: Place) => Promise<T>): Promise<T> =>
    told.then((answers) => enter(host, hostNamespace, (place) => work(withAnswers(place, answers))));
  const tables = knowing((place) => observeHostTables(host, place, signal));
  const routing = knowing((place) => observeRouting(host, place, familiesOf(place, undefined), signal));
  const sets = enter(host, hostNamespace, (place) => observeSets(host, place, signal, onAsked));
  const frames = host.framesMayBe.value
    ? enter(host, hostNamespace, (place) => observeFrames(host, place, signal))
    : undefined;
  // Whoever waits for them is told; when the engine fails first, nobody does.
  for (const reading of [tables, routing, sets, frames]) reading?.catch(() => undefined);
  return { tables, routing, sets, ...(frames !== undefined && { frames }) };
}

/** What takes no time to be told, and is asked by one process. */
function questionsOf(host: Host, place: Place): readonly Question[] {
  return [...hostTableQuestions(host, place), ...routingQuestions(place, familiesOf(place, undefined))];
}
