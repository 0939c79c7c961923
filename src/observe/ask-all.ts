import { mapBounded } from '../host/bounded.ts';
import type { Host } from '../host/host.ts';
import type { OpenNamespace } from '../host/netns.ts';
import type { Place } from '../host/place.ts';
import { type Answers, askInEach, type Question, unanswered } from '../host/questions.ts';
import type { Desired } from '../model/desired.ts';
import { groupBy } from '../model/group-by.ts';
import type { NamespaceId } from '../model/namespace.ts';
import type { Backend } from '../model/ruleset.ts';
import { familiesOf } from './families.ts';
import { routingQuestions } from './routing.ts';
import { tableQuestions } from './rulesets.ts';
import { sysctlQuestions } from './sysctls.ts';

/** As many processes go through them as there are cores on the smallest of hosts. */
const atOnce = 2;
const mostTogether = 64;

/** What there is to be known; what the file asks for only once it is known. */
interface Wanted {
  readonly desired?: Desired;
  /** The sysctls we changed, by namespace. */
  readonly former: Awaited<ReturnType<Host['formerSysctls']['read']>>;
  readonly backend: Backend;
  /** Of these namespaces nothing but the rules. */
  readonly rulesOnly?: ReadonlySet<NamespaceId>;
}

/** What programs told in containers' namespaces. */
export type Told = ReadonlyMap<NamespaceId, Answers>;

/** What the programs that `observeTables`, `observeRouting` and `observeSysctls` run in these namespaces print, besides what they told already. */
export function askAll(
  host: Host,
  ids: readonly NamespaceId[],
  wanted: Wanted,
  signal: AbortSignal,
  before: Told = new Map(),
): Promise<Told> {
  return askEach(host, ids, (place) => questionsOf(host, place, wanted), signal, before);
}

/** What programs print that are asked this in each of these namespaces, besides what they told already. */
export async function askEach(
  host: Host,
  ids: readonly NamespaceId[],
  questions: (place: Pick<Place, 'id' | 'procNet'>) => readonly Question[],
  signal: AbortSignal,
  before: Told = new Map(),
): Promise<Told> {
  const size = Math.min(mostTogether, Math.ceil(ids.length / atOnce));
  const parts = Array.from({ length: Math.ceil(ids.length / size) }, (_, index) =>
    ids.slice(index * size, (index + 1) * size),
  );
  const told = await mapBounded(parts, atOnce, (part) =>
    host.namespaces.enterAll(part, async (namespaces) => {
      const open = (place: OpenNamespace) => unanswered(questions(place), before.get(place.id));
      const alike = groupBy(namespaces, (place) => JSON.stringify(open(place)));
      const answers: (readonly [NamespaceId, Answers])[] = [];
      for (const group of alike.values()) {
        const [first] = group;
        if (first === undefined) continue;
        answers.push(...(await askInEach(host.run, group, open(first), signal)));
      }
      return answers;
    }),
  );
  const all = new Map(before);
  for (const [id, answers] of told.flat()) all.set(id, new Map([...(before.get(id) ?? []), ...answers]));
  return all;
}

function questionsOf(
  host: Host,
  place: Pick<Place, 'id' | 'procNet'>,
  { desired, former, backend, rulesOnly }: Wanted,
): readonly Question[] {
  const desiredHere = desired?.namespaces.get(place.id);
  const families = familiesOf(place, desiredHere);
  const tables = tableQuestions(host, place, backend, families);
  if (rulesOnly?.has(place.id) === true) return tables;
  return [
    ...tables,
    ...routingQuestions(place, families),
    ...sysctlQuestions(desiredHere, former.get(place.id)),
  ];
}
