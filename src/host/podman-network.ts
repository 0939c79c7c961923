import { assignableRange } from '../model/address.ts';
import { bridgeOption, modeOptions, mtuOption, parentOption } from '../model/networks.ts';
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
    ...(driver === 'bridge' && { dns_enabled: true }),
    ...(subnets.length > 0 && { subnets: subnets.map(libpodSubnet) }),
    options: {
      ...Object.fromEntries(others),
      ...(mtu !== undefined && { mtu }),
      ...(mode !== undefined && { mode }),
    },
    labels,
  };
}

function libpodSubnet({ subnet, gateway, ipRange }: NewNetwork['subnets'][number]) {
  const range = ipRange === undefined ? undefined : assignableRange(ipRange, subnet);
  return {
    subnet,
    ...(gateway !== undefined && { gateway }),
    ...(range !== undefined && { lease_range: { start_ip: range.first, end_ip: range.last } }),
  };
}
