import type { Cause } from '../watch/cause.ts';
import type { Culprit } from '../watch/culprits.ts';

/** More causes of one pass than this are counted, not named. */
const mostCauses = 20;

/** How what a cause mentions is called. */
export interface Names {
  /** The name of a namespace that is known by its id. */
  readonly namespace: (id: string) => string | undefined;
  readonly culprits: (by: readonly Culprit[]) => string | undefined;
}

/** Why a pass was made, for people: a text for each cause, and how many there were besides. */
export function causeTexts(causes: readonly Cause[], names: Names): readonly string[] {
  const named = causes.slice(0, mostCauses).map((cause) => causeText(cause, names));
  const more = causes.length - named.length;
  return more === 0 ? named : [...named, `and ${more} more`];
}

function causeText({ kind, detail, area, by = [] }: Cause, names: Names): string {
  const [what, id] = area?.split(' ') ?? [];
  const name = id === undefined ? undefined : (names.namespace(id) ?? id);
  const where = name === undefined ? '' : name === 'inside' ? ' in a container' : ` in ${name}`;
  const said = detail ?? (what === undefined ? undefined : `${what}${where}`);
  const who = names.culprits(by);
  return [
    kind,
    ...(said === undefined ? [] : [`: ${said}`]),
    ...(who === undefined ? [] : [` by ${who}`]),
  ].join('');
}
