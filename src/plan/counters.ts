import type { NamespaceState } from '../model/namespace.ts';
import { titleText } from '../model/ruleset.ts';

/** What a policy has let pass, or refused: the packets that came the way it speaks of, not those that answer them. */
export interface Counted {
  readonly packets: number;
  readonly bytes: number;
}

const verdicts: ReadonlySet<string> = new Set(['accept', 'drop', 'reject']);

/** By the policies' titles, what their elements and their rules in the filter table have counted together; a rule filled anew begins again. */
export function countersOf({
  tables,
  sets,
}: Pick<NamespaceState, 'tables' | 'sets'>): ReadonlyMap<string, Counted> {
  const sums = new Map<string, { packets: number; bytes: number }>();
  const add = (comment: string | undefined, { packets = 0, bytes = 0 }: Partial<Counted>): void => {
    if (comment === undefined) return;
    const sum = sums.get(comment);
    if (sum === undefined) {
      sums.set(comment, { packets, bytes });
      return;
    }
    sum.packets += packets;
    sum.bytes += bytes;
  };
  for (const { type, elements } of sets) {
    if (type !== 'hash:ip,port,net') continue;
    for (const element of elements.values()) add(element.comment, element);
  }
  for (const { table, chains } of tables) {
    if (table !== 'filter') continue;
    for (const rule of [...chains.values()].flat()) {
      // What a look-up in a set has counted, the elements have counted, too.
      if ('unread' in rule || rule.match.set !== undefined || !verdicts.has(rule.target.kind)) continue;
      add(rule.comment, rule);
    }
  }
  return new Map([...sums].map(([comment, sum]) => [titleText(comment), sum]));
}
