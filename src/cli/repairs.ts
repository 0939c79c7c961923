import { createHash } from 'node:crypto';
import type { Desired } from '../model/desired.ts';
import { groupBy } from '../model/group-by.ts';
import { hostNamespace, type NamespaceId } from '../model/namespace.ts';
import type { Operation, Outcome } from '../model/plan.ts';
import { type Area, areaIn } from '../watch/area.ts';
import type { Repair } from '../watch/contention.ts';
import { linesOf } from './lines.ts';

/** What a pass wanted of the host, and in what state it left it. */
export interface PassView {
  readonly desired: Desired;
  readonly outcomes: readonly Outcome[];
  /** When the eldest process of a namespace began: a restarted container's may have the same name. */
  readonly lifeOf: (namespace: NamespaceId) => number | undefined;
}

/** What changed in one area though nobody asked for it, as this pass found it. */
export interface Finding extends Repair {
  /** `missing: …`, `differs: …`, `too much: …`, in the plan's words. */
  readonly found: string;
}

/** More than this of one area is counted, not named. */
const mostNamed = 3;
const words: Readonly<Record<'+' | '~' | '-', string>> = { '+': 'missing', '~': 'differs', '-': 'too much' };

/**
 * What this pass put right that the one before had left right: there the file asks for the same as it did then, so somebody
 * else has changed it since. What had failed then is merely done at last.
 */
export function findingsOf(before: PassView | undefined, now: PassView): readonly Finding[] {
  if (before === undefined) return [];
  const done = now.outcomes.filter(({ result }) => result === 'done');
  const areas = groupBy(done, ({ operation }) => areaOf(operation));
  const failedBefore = new Set(
    before.outcomes.filter(({ result }) => result !== 'done').map(({ operation }) => areaOf(operation)),
  );
  return [...areas].flatMap(([area, outcomes]) => {
    if (area === undefined || failedBefore.has(area)) return [];
    const wanted = wantedIn(area, now);
    if (wanted !== wantedIn(area, before)) return [];
    const what = whatOf(area, now.desired);
    return [{ area, what, times: timesDone(outcomes), wanted, found: foundBy(outcomes) }];
  });
}

/** Where an operation puts something right; undefined for one that only helps others. */
function areaOf(operation: Operation): Area | undefined {
  switch (operation.kind) {
    case 'restore-table':
      return `rules ${operation.namespace}`;
    case 'update-set':
    case 'remove-set':
      return 'sets';
    case 'add-route':
    case 'remove-route':
    case 'add-address':
    case 'remove-address':
    case 'add-routing-rule':
    case 'remove-routing-rule':
      return areaIn('routes', operation.namespace);
    case 'set-sysctl':
      return areaIn('sysctls', operation.namespace);
    case 'keep-members':
    case 'forget-members':
    case 'cut-connections':
    case 'restore-frames':
      return undefined;
    case 'connect-endpoint':
    case 'disconnect-endpoint':
    case 'create-network':
    case 'remove-network':
      return 'engine';
  }
}

function wantedIn(area: Area, { desired, lifeOf }: PassView): string {
  const [kind, id] = area.split(' ') as [string, string | undefined];
  const inside = id === 'inside';
  const namespaces = [...desired.namespaces.values()].filter((one) =>
    inside ? one.id !== hostNamespace : one.id === (id ?? hostNamespace),
  );
  const part = (): unknown => {
    if (kind === 'engine') return [desired.networks, desired.endpoints];
    if (kind === 'sets') return namespaces.map(({ sets }) => sets);
    if (kind === 'routes') return namespaces.map(({ routes, rules }) => [routes, rules]);
    if (kind === 'sysctls') return namespaces.map(({ sysctls }) => sysctls);
    return namespaces.map(({ tables }) => tables);
  };
  const lives = kind === 'engine' ? [] : namespaces.map((one) => lifeOf(one.id));
  return createHash('md5')
    .update(JSON.stringify([part(), lives]))
    .digest('hex');
}

function whatOf(area: Area, { namespaces }: Desired): string {
  const [kind = '', id] = area.split(' ');
  if (kind === 'engine') return 'networks and their members';
  if (id === undefined || id === hostNamespace) return `${kind} on the host`;
  return id === 'inside'
    ? `${kind} in containers`
    : `${kind} in ${namespaces.get(id)?.name ?? 'a container'}`;
}

/** Of all rounds of the pass: what had to be done again was undone meanwhile. */
function timesDone(outcomes: readonly Outcome[]): number {
  const again = groupBy(outcomes, ({ operation }) =>
    operation.kind === 'restore-table'
      ? `${operation.kind} ${operation.family} ${operation.table}`
      : `${operation.kind} ${operation.changes.map(({ text }) => text).join('; ')}`,
  );
  return Math.max(...[...again.values()].map(({ length }) => length));
}

function foundBy(outcomes: readonly Outcome[]): string {
  const all = outcomes.flatMap(({ operation }) => linesOf(operation));
  const lines = [...new Set(all.map(({ sign, text }) => `${words[sign]}: ${text}`))];
  const named = lines.slice(0, mostNamed);
  const more = lines.length - named.length;
  return [...named, ...(more > 0 ? [`and ${more} more`] : [])].join('; ');
}
