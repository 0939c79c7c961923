import { mapBounded } from '../host/bounded.ts';
import type { Host } from '../host/host.ts';
import type { Place } from '../host/place.ts';
import { type Answers, askInEach, type Question } from '../host/questions.ts';
import { savingRules } from '../host/saved-rules.ts';
import { groupBy } from '../model/group-by.ts';
import type { Backend } from '../model/ruleset.ts';
import type { Desired, NamespaceId } from '../model/state.ts';
import { familiesOf } from './families.ts';
import { routingQuestions } from './routing.ts';
import { sysctlQuestions } from './sysctls.ts';

/** Fewer are asked one by one. */
const few = 3;
/** As many processes go through them as there are cores on the smallest of hosts. */
const atOnce = 2;
const mostTogether = 64;

/** What there is to be known. */
interface Wanted {
  readonly desired: Desired;
  /** The sysctls we changed, by namespace. */
  readonly former: Awaited<ReturnType<Host['formerSysctls']['read']>>;
  readonly backend: Backend;
}

/** What the programs that `observeTables`, `observeRouting` and `observeSysctls` run in containers' namespaces print, as far as many can be asked together. */
export async function askAll(
  host: Host,
  ids: readonly NamespaceId[],
  wanted: Wanted,
  signal: AbortSignal,
): Promise<ReadonlyMap<NamespaceId, Answers>> {
  if (ids.length < few) return new Map();
  const size = Math.min(mostTogether, Math.ceil(ids.length / atOnce));
  const parts = Array.from({ length: Math.ceil(ids.length / size) }, (_, index) =>
    ids.slice(index * size, (index + 1) * size),
  );
  const told = await mapBounded(parts, atOnce, (part) =>
    host.namespaces.enterAll(part, async (namespaces) => {
      const alike = groupBy(namespaces, (place) => JSON.stringify(questionsOf(host, place, wanted)));
      const answers: (readonly [NamespaceId, Answers])[] = [];
      for (const group of alike.values()) {
        const [first] = group;
        if (first === undefined) continue;
        answers.push(...(await askInEach(host.run, group, questionsOf(host, first, wanted), signal)));
      }
      return answers;
    }),
  );
  return new Map(told.flat());
}

function questionsOf(
  host: Host,
  place: Pick<Place, 'id' | 'procNet'>,
  { desired, former, backend }: Wanted,
): readonly Question[] {
  const desiredHere = desired.namespaces.get(place.id);
  const families = familiesOf(place, desiredHere);
  const saves = families.flatMap((family) => {
    const argv = savingRules(host, place, backend, family);
    return argv === undefined ? [] : [{ argv }];
  });
  return [
    ...saves,
    ...routingQuestions(place, families),
    ...sysctlQuestions(desiredHere, former.get(place.id)),
  ];
}
