import type { Surroundings } from '../conntrack/subject.ts';
import type { Place } from '../host/place.ts';
import { parseRoutes } from '../iproute/parse.ts';
import { parseAddresses } from '../iproute/parse-links.ts';
import { indexByCidr } from '../model/cidr-index.ts';
import type { Route } from '../model/namespace.ts';
import type { Ownership } from '../model/ownership.ts';
import type { Family } from '../model/ruleset.ts';

/** What the namespace's addresses and main routes tell of whom its connections lead to. */
export async function readSurroundings(
  place: Place,
  family: Family,
  ownership: Ownership,
  signal: AbortSignal,
): Promise<Surroundings> {
  const batch = await place.run(['ip', '-N', '-j', '-batch', '-'], {
    input: 'addr show\nroute show table all\n',
    signal,
  });
  const [addresses = '', routes = ''] = batch.split('\n').filter((line) => line.startsWith('['));
  const own = new Set(parseAddresses(addresses));
  const ways = parseRoutes(routes, ownership).filter((route) => route.family === family);
  const linkByRoute = indexByCidr(cidrsOf(ways, family));
  return {
    isLocal: (address) => own.has(address) || (family === 4 && address.startsWith('127.')),
    linkTo: (address) => linkByRoute(address)?.dev,
  };
}

/** Where several ways out are chosen from by more than the address, the default routes do not tell which is taken. */
function* cidrsOf(
  routes: readonly Route[],
  family: Family,
): Generator<readonly [cidr: string, route: Route]> {
  const severalWays = routes.filter(({ to }) => to === 'default').length > 1;
  for (const route of routes) {
    if (route.table !== 'main' || (route.to === 'default' && severalWays)) continue;
    yield [route.to === 'default' ? everything[family] : route.to, route];
  }
}

const everything: Readonly<Record<Family, string>> = { 4: '0.0.0.0/0', 6: '::/0' };
