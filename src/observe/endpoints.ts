import { fieldsOf, textFieldsOf, textOf, textsOf } from '../host/answer.ts';
import { macOption } from '../host/link-address.ts';
import { readEndpointMark } from '../host/podman-mark.ts';
import { parseAddress, sameAddress } from '../model/address.ts';
import type { EndpointState, NetworkState } from '../model/inventory.ts';
import type { ReadingContext } from './containers.ts';

/** The container whose places are read. */
export interface Owner {
  readonly id: string;
  readonly name: string;
  readonly running: boolean;
}

/** The place in a network that an inspected container's settings for it say, or undefined where it is a network in name only. */
export function readEndpoint(
  key: string,
  settings: unknown,
  owner: Owner,
  context: ReadingContext,
): EndpointState | undefined {
  const fields = fieldsOf(settings);
  const network = networkOf(key, textOf(fields['NetworkID']), context.networks);
  if (network === undefined) return undefined;
  const own =
    context.kind === 'podman' ? podmanPlace(fields, owner, context) : dockerPlace(fields, owner, context);
  return { networkId: network.id, networkName: network.name, ...own };
}

type Fields = Readonly<Record<string, unknown>>;
type Place = Omit<EndpointState, 'networkId' | 'networkName'>;

function dockerPlace(fields: Fields, owner: Owner, { ownership }: ReadingContext): Place {
  const wanted = fieldsOf(fields['IPAMConfig']);
  const requested = addresses(wanted['IPv4Address'], wanted['IPv6Address']);
  const driverOptions = textFieldsOf(fields['DriverOpts']);
  const macAddress = (owner.running ? undefined : driverOptions[macOption]) ?? macOf(fields);
  const priority = fields['GwPriority'];
  return {
    addresses: owner.running ? effectiveAddresses(fields) : requested,
    requested,
    aliases: textsOf(fields['Aliases']).filter((alias) => !isShortId(alias, owner)),
    ...(macAddress !== '' && { macAddress }),
    driverOptions,
    ...(typeof priority === 'number' && { gatewayPriority: priority }),
    owned: driverOptions[ownership.label] === ownership.instance,
  };
}

/**
 * Podman does not tell what was asked for; our mark does where it was asked for by us. What a running container has counts more than
 * what its mark says, which its owner may have written; two marks say nothing.
 */
function podmanPlace(fields: Fields, owner: Owner, { ownership }: ReadingContext): Place {
  const marks = textsOf(fields['Aliases']).map((alias) => ({ alias, mark: readEndpointMark(alias) }));
  const ours = marks.filter(({ mark }) => mark?.instance === ownership.instance);
  const mark = ours.length === 1 ? ours[0]?.mark : undefined;
  const effective = effectiveAddresses(fields);
  const requested = owner.running
    ? mark?.addresses.filter((address) => effective.some((other) => sameAddress(address, other)))
    : mark?.addresses;
  const macAddress = macOf(fields) || (owner.running ? undefined : mark?.macAddress);
  return {
    addresses: owner.running ? effective : (requested ?? []),
    ...(requested !== undefined && { requested }),
    aliases: marks
      .filter((entry) => !ours.includes(entry))
      .map(({ alias }) => alias)
      .filter((alias) => !isShortId(alias, owner) && alias !== owner.name),
    ...(macAddress !== undefined && { macAddress }),
    driverOptions: {},
    owned: mark?.owned === true,
  };
}

/**
 * A container that has not been started since it was connected has no network id yet (measured on Docker 20.10), only the name it
 * was connected by; Podman's id is the name (4.3). What nobody is any more is kept: the container will not start with it.
 */
function networkOf(
  key: string,
  id: string,
  networks: readonly NetworkState[],
): Pick<NetworkState, 'id' | 'name'> | undefined {
  if (key === 'host' || key === 'none') return undefined;
  const byId = networks.find((network) => network.id === id) ?? networks.find(({ name }) => name === id);
  const byKey = networks.find(({ name }) => name === key) ?? networks.find((network) => network.id === key);
  return byId ?? (id === '' ? byKey : undefined) ?? { id, name: key };
}

/** Engines add it to what was asked for; Podman, in some versions, the name as well. */
function isShortId(alias: string, owner: Owner): boolean {
  return alias === owner.id.slice(0, 12);
}

function macOf(fields: Fields): string {
  return textOf(fields['MacAddress']).toLowerCase();
}

function effectiveAddresses(fields: Fields): readonly string[] {
  return addresses(fields['IPAddress'], fields['GlobalIPv6Address']);
}

function addresses(...texts: readonly unknown[]): readonly string[] {
  return texts.flatMap((text) => parseAddress(textOf(text)) ?? []);
}
