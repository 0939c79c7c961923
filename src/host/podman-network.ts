import { everyAddress } from '../model/address.ts';
import { familyOf } from '../model/block.ts';
import { assignableRange } from '../model/free-addresses.ts';
import { bridgeOption, modeOptions, mtuOption, noRouteOption, parentOption } from '../model/networks.ts';
import type { NewNetwork } from './engine.ts';

const translated: ReadonlySet<string> = new Set([bridgeOption, mtuOption, parentOption, ...modeOptions]);

/**
 * The body of `POST /libpod/networks/create`. It says nothing of `isolate`: where Podman itself lets nothing pass between networks, no
 * policy can (netavark drops in a chain of its own).
 */
export function libpodNetwork(network: NewNetwork): Readonly<Record<string, unknown>> {
  const { driver, internal, subnets, options, labels } = network;
  const networkInterface = network.bridge ?? options[bridgeOption] ?? options[parentOption];
  const mtu = network.mtu?.toString() ?? options[mtuOption];
  const mode = modeOptions.map((name) => options[name]).find((value) => value !== undefined);
  const others = Object.entries(options).filter(([name]) => !translated.has(name));
  return {
    name: network.network,
    driver,
    internal,
    ...(networkInterface !== undefined && { network_interface: networkInterface }),
    // Its resolver answers on the host, past a gateway that is a container.
    ...(driver === 'bridge' && { dns_enabled: network.routes === undefined }),
    ...(subnets.length > 0 && { subnets: subnets.map(libpodSubnet) }),
    ...(network.routes === 'engine' && { routes: subnets.flatMap(routeToGateway) }),
    options: {
      ...Object.fromEntries(others),
      ...(network.routes === 'engine' && { [noRouteOption]: 'true' }),
      ...(mtu !== undefined && { mtu }),
      ...(mode !== undefined && { mode }),
    },
    labels,
  };
}

function libpodSubnet({ subnet, gateway, ipRange, hostAddress }: NewNetwork['subnets'][number]) {
  const range = ipRange === undefined ? undefined : assignableRange(ipRange, subnet);
  const ofBridge = hostAddress ?? gateway;
  return {
    subnet,
    ...(ofBridge !== undefined && { gateway: ofBridge }),
    ...(range !== undefined && { lease_range: { start_ip: range.first, end_ip: range.last } }),
  };
}

/** Members' default route where the host is not whom it leads to. */
function routeToGateway({ subnet, gateway, hostAddress }: NewNetwork['subnets'][number]) {
  if (gateway === undefined || hostAddress === undefined) return [];
  return [{ destination: everyAddress[familyOf(subnet)], gateway }];
}
