import { containsAddress } from '../model/address.ts';
import { familyOf } from '../model/block.ts';
import type { GatewayEntry, NetworkEntry } from '../model/config.ts';
import type { HostFacts } from '../model/facts.ts';
import type { ContainerState, Inventory } from '../model/inventory.ts';
import type { NameResolver } from './names.ts';
import type { NamespaceCollector } from './namespaces.ts';
import { host, type Place, placeOf } from './place.ts';
import { commentOf } from './titles.ts';

type Gatewayed = NetworkEntry & { readonly gatewayContainer: GatewayEntry };

const questions = (['udp', 'tcp'] as const).map((protocol) => ({
  protocol,
  destinationPorts: [{ from: 53, to: 53 }],
}));

const about = ({ name, gatewayContainer: { origin } }: Gatewayed) => ({
  comment: commentOf(`${name} asks its gateway for names`),
  origin,
});

/** Whomever a member asks by way of its gateway, the gateway's own resolver is who answers. */
export function answerNames(
  network: Gatewayed,
  address: string,
  place: Place,
  into: NamespaceCollector,
): void {
  for (const { subnet: source } of network.subnets.filter((entry) => containsAddress(entry.subnet, address)))
    for (const question of questions)
      into.rule(place, familyOf(address), 'names', {
        match: { source, ...question },
        target: { kind: 'dnat', address },
        ...about(network),
      });
}

/** Where Docker's own resolver listens in every container of a network that somebody made. */
const dockersResolver = '127.0.0.11/32';
const localTable = '255';

/**
 * Docker's resolver may ask from the host, in the engine's process, past every gateway (where, docs/gateway.md tells). So its address is no
 * longer the container's own: a route in the table of those leads it to the gateway, whichever port is asked, and what is a question
 * becomes one for the gateway. Where one of the two is missing nothing of it passes.
 */
export function askGateway(
  network: Gatewayed,
  { containers }: Inventory,
  names: NameResolver,
  { engine }: Pick<HostFacts, 'engine'>,
  into: NamespaceCollector,
): void {
  const { containerName, addresses, dns } = network.gatewayContainer;
  const via = addresses.find((address) => familyOf(address) === 4);
  if (!dns || engine !== 'docker' || via === undefined) return;
  for (const container of containers) {
    const place = placeOf(container);
    const isMember = names.networksOf(container).includes(network.name);
    if (!isMember || place === host || container.name === containerName) continue;
    if (asksItAnyhow(container, addresses) || !into.first(`resolver ${place.id}`)) continue;
    const { comment, origin } = about(network);
    into.route(place, {
      family: 4,
      type: 'unicast',
      to: dockersResolver,
      via,
      table: localTable,
      origin,
    });
    for (const question of questions)
      into.rule(place, 4, 'resolver', {
        match: { destination: dockersResolver, ...question },
        target: { kind: 'dnat', address: via },
        comment,
        origin,
      });
  }
}

/** One that was run with these addresses for its name servers: Docker asks them from the container (measured: 20.10, 26, 28). */
function asksItAnyhow({ nameservers = [] }: ContainerState, gateways: readonly string[]): boolean {
  return nameservers.length > 0 && nameservers.every((server) => gateways.includes(server));
}
