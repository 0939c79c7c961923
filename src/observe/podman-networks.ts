import { fieldsOf, listOf, textFieldsOf, textOf } from '../host/answer.ts';
import { containsAddress, parseAddress, parseCidr, prefixLength, rangeCidr } from '../model/address.ts';
import type { NetworkState, Subnet } from '../model/inventory.ts';
import { bridgeOption, modeOptions, mtuOption, parentOption } from '../model/networks.ts';
import type { Ownership } from '../model/ownership.ts';

/** The networks in the answer to `GET /libpod/networks/json`, their options in Docker's words beside Podman's. */
export function readPodmanNetworks(answer: unknown, ownership: Ownership): readonly NetworkState[] {
  return listOf(answer).flatMap((entry) => readNetwork(entry, ownership) ?? []);
}

function readNetwork(entry: unknown, ownership: Ownership): NetworkState | undefined {
  const network = fieldsOf(entry);
  const [id, name, driver] = [textOf(network['id']), textOf(network['name']), textOf(network['driver'])];
  if (id === '' || name === '') return undefined;
  const labels = textFieldsOf(network['labels']);
  const options = textFieldsOf(network['options']);
  const networkInterface = textOf(network['network_interface']);
  const isBridge = driver === 'bridge' && networkInterface !== '';
  return {
    id,
    name,
    driver,
    internal: network['internal'] === true,
    subnets: listOf(network['subnets']).flatMap(
      (config) => readSubnet(config, leadingOut(network['routes'])) ?? [],
    ),
    options: { ...options, ...inDockersWords(options, driver, networkInterface) },
    labels,
    owned: labels[ownership.label] === ownership.instance,
    ...(isBridge && { bridge: networkInterface }),
  };
}

function inDockersWords(
  { mtu, mode }: Readonly<Record<string, string>>,
  driver: string,
  networkInterface: string,
): Readonly<Record<string, string>> {
  const carrier = driver === 'bridge' ? bridgeOption : parentOption;
  return {
    ...(networkInterface !== '' && { [carrier]: networkInterface }),
    ...(mtu !== undefined && { [mtuOption]: mtu }),
    ...(mode !== undefined && Object.fromEntries(modeOptions.map((name) => [name, mode]))),
  };
}

/** The next hops of the default routes that it gives its members besides its own. */
function leadingOut(routes: unknown): readonly string[] {
  return listOf(routes).flatMap((entry) => {
    const { destination, gateway } = fieldsOf(entry);
    const isDefault = prefixLength(parseCidr(textOf(destination)) ?? '/') === 0;
    return (isDefault ? parseAddress(textOf(gateway)) : undefined) ?? [];
  });
}

function readSubnet(config: unknown, nextHops: readonly string[]): Subnet | undefined {
  const fields = fieldsOf(config);
  const subnet = parseCidr(textOf(fields['subnet']));
  if (subnet === undefined) return undefined;
  const ofHost = parseAddress(textOf(fields['gateway']));
  const elsewhere = nextHops.find((address) => containsAddress(subnet, address) && address !== ofHost);
  const gateway = elsewhere ?? ofHost;
  const { start_ip, end_ip } = fieldsOf(fields['lease_range']);
  const ipRange = rangeCidr(textOf(start_ip), textOf(end_ip));
  return {
    subnet,
    ...(gateway && { gateway }),
    ...(ipRange && { ipRange }),
    ...(elsewhere !== undefined && { hostAddress: ofHost ?? 'none' }),
  };
}
