import type { Host } from '../host/host.ts';
import { hasIpv6 } from '../host/ipv6.ts';
import type { Place } from '../host/place.ts';
import { parseLinks, parseRoutes, parseRules } from '../iproute/parse.ts';
import type { NamespaceState } from '../model/state.ts';

export type Routing = Pick<NamespaceState, 'interfaces' | 'routes' | 'rules'>;

/** The interfaces, and the routes and rules of all tables and both families. */
export async function observeRouting(host: Host, place: Place, signal: AbortSignal): Promise<Routing> {
  const [batch, rules6] = await Promise.all([
    // One process for three lists, each on one line; interfaces and rules first, because there always are some.
    place.run(['ip', '-N', '-j', '-batch', '-'], {
      input: 'link show\nrule show\nroute show table all\n',
      signal,
    }),
    hasIpv6(place).then((has) =>
      has ? place.run(['ip', '-N', '-j', '-6', 'rule', 'show'], { signal }) : '',
    ),
  ]);
  const [links = '', rules4 = '', routes = ''] = batch.split('\n').filter((line) => line.startsWith('['));
  return {
    interfaces: parseLinks(links),
    routes: parseRoutes(routes, host.ownership),
    rules: [...parseRules(rules4, 4, host.ownership), ...parseRules(rules6, 6, host.ownership)],
  };
}
