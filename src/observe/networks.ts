import { fieldsOf, listOf, textFieldsOf, textOf } from '../host/answer.ts';
import { parseAddress, parseCidr } from '../model/address.ts';
import { familyOf } from '../model/block.ts';
import type { NetworkState, Subnet } from '../model/inventory.ts';
import { bridgeOption, gatewayV6Aux, inhibitOption } from '../model/networks.ts';
import type { Ownership } from '../model/ownership.ts';

/** The networks in the answer to `GET /networks`; those that are none (`host`, `none`) are left out. */
export function readNetworks(answer: unknown, ownership: Ownership): readonly NetworkState[] {
  return listOf(answer).flatMap((entry) => readNetwork(entry, ownership) ?? []);
}

function readNetwork(entry: unknown, ownership: Ownership): NetworkState | undefined {
  const network = fieldsOf(entry);
  const [id, name, driver] = [textOf(network['Id']), textOf(network['Name']), textOf(network['Driver'])];
  if (id === '' || name === '' || driver === 'host' || driver === 'null') return undefined;
  const labels = textFieldsOf(network['Labels']);
  const options = textFieldsOf(network['Options']);
  return {
    id,
    name,
    driver,
    internal: network['Internal'] === true,
    subnets: listOf(fieldsOf(network['IPAM'])['Config']).flatMap(
      (config) => readSubnet(config, options) ?? [],
    ),
    options,
    labels,
    owned: labels[ownership.label] === ownership.instance,
    // Docker's own choice (libnetwork, bridge driver: "br-" and the first twelve characters of the id).
    ...(driver === 'bridge' && { bridge: options[bridgeOption] ?? `br-${id.slice(0, 12)}` }),
  };
}

function readSubnet(config: unknown, options: NetworkState['options']): Subnet | undefined {
  const fields = fieldsOf(config);
  const subnet = parseCidr(textOf(fields['Subnet']));
  // Docker has been seen to write a gateway it chose itself with the subnet's length behind it.
  const ofHost = parseAddress(textOf(fields['Gateway']).replace(/\/.*$/, ''));
  const ipRange = parseCidr(textOf(fields['IPRange']));
  if (subnet === undefined) return undefined;
  const auxiliary = parseAddress(textOf(fieldsOf(fields['AuxiliaryAddresses'])[gatewayV6Aux]));
  const gateway = auxiliary ?? ofHost;
  const hostAddress =
    auxiliary === undefined ? (isInhibited(subnet, options) ? 'none' : undefined) : (ofHost ?? 'none');
  return {
    subnet,
    ...(gateway && { gateway }),
    ...(ipRange && { ipRange }),
    ...(hostAddress !== undefined && { hostAddress }),
  };
}

function isInhibited(subnet: string, options: NetworkState['options']): boolean {
  return familyOf(subnet) === 4 && options[inhibitOption] === 'true';
}
