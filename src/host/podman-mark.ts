import { parseAddress } from '../model/address.ts';
import { familyOf } from '../model/block.ts';
import { isInstanceName } from '../model/ownership.ts';

/** What netwright keeps on a container's place in a network of Podman's, which keeps nothing there but aliases. */
export interface EndpointMark {
  readonly instance: string;
  /** Connected by this instance, and not only moved by it. */
  readonly owned: boolean;
  /** Those that were asked for. */
  readonly addresses: readonly string[];
  readonly macAddress?: string;
}

/**
 * The mark as an alias, and so as a name that resolves in the network: `netwright.default.own.4-172-30-1-10.6-fd30-1--10.m-02-00-00-00-00-10`.
 * It leads to the container that has it, as its other names do.
 */
export function endpointMark({ instance, owned, addresses, macAddress }: EndpointMark): string {
  return [
    'netwright',
    instance,
    owned ? 'own' : 'kept',
    ...addresses.map(addressPart),
    ...(macAddress === undefined ? [] : [`m-${macAddress.replaceAll(':', '-')}`]),
  ].join('.');
}

/** A label of a name may not end in `-` (RFC 1123). */
function addressPart(address: string): string {
  const dashes = address.replace(/[.:]/g, '-');
  return `${familyOf(address)}-${dashes}${dashes.endsWith('-') ? '0' : ''}`;
}

/** The mark that the alias is, or undefined: only what `endpointMark` writes is one. */
export function readEndpointMark(alias: string): EndpointMark | undefined {
  const [prefix, instance = '', owner, ...parts] = alias.split('.');
  if (prefix !== 'netwright' || !isInstanceName(instance)) return undefined;
  const addresses = parts.flatMap((part) => readAddress(part) ?? []);
  const macAddress = /^m-([0-9a-f]{2}(?:-[0-9a-f]{2}){5})$/
    .exec(parts.at(-1) ?? '')?.[1]
    ?.replaceAll('-', ':');
  const mark: EndpointMark = {
    instance,
    owned: owner === 'own',
    addresses,
    ...(macAddress !== undefined && { macAddress }),
  };
  return endpointMark(mark) === alias ? mark : undefined;
}

function readAddress(part: string): string | undefined {
  const [family, text] = [part.slice(0, 2), part.slice(2)];
  if (family === '4-') return parseAddress(text.replaceAll('-', '.'));
  return family === '6-' ? parseAddress(text.replaceAll('-', ':')) : undefined;
}
