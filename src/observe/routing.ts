import type { Host } from '../host/host.ts';
import type { Place } from '../host/place.ts';
import type { Question } from '../host/questions.ts';
import { parseRoutes, parseRules } from '../iproute/parse.ts';
import { parseAddressedLinks, parseLinks } from '../iproute/parse-links.ts';
import { hostNamespace, type NamespaceState } from '../model/namespace.ts';
import type { Family } from '../model/ruleset.ts';

export type Routing = Pick<NamespaceState, 'interfaces' | 'routes' | 'rules'>;

/** The interfaces, the routes of all tables, and the rules of these families. */
export async function observeRouting(
  host: Host,
  place: Place,
  families: readonly Family[],
  signal: AbortSignal,
): Promise<Routing> {
  const [batch = '', rules6 = ''] = await Promise.all(
    routingQuestions(place, families).map(({ argv, ...input }) => place.run(argv, { ...input, signal })),
  );
  const [links = '', rules4 = '', routes = ''] = batch.split('\n').filter((line) => line.startsWith('['));
  return {
    interfaces: place.id === hostNamespace ? parseLinks(links) : parseAddressedLinks(links, host.ownership),
    routes: parseRoutes(routes, host.ownership),
    rules: [...parseRules(rules4, 4, host.ownership), ...parseRules(rules6, 6, host.ownership)],
  };
}

/** One process for three lists, each on one line: interfaces and rules first, because there always are some. */
const lists = (links: 'link' | 'address'): Question => ({
  argv: ['ip', '-N', '-j', '-batch', '-'],
  input: `${links} show\nrule show\nroute show table all\n`,
});

/** What is asked for this, in this order. */
export function routingQuestions(
  { id }: Pick<Place, 'id'>,
  families: readonly Family[],
): readonly Question[] {
  const first = lists(id === hostNamespace ? 'link' : 'address');
  return families.includes(6) ? [first, { argv: ['ip', '-N', '-j', '-6', 'rule', 'show'] }] : [first];
}
