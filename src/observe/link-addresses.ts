import { isNetwrightError } from '../errors.ts';
import { mapBounded } from '../host/bounded.ts';
import type { Host } from '../host/host.ts';
import { macOption, readMacAddress } from '../host/link-address.ts';
import { enter } from '../host/place.ts';
import type { ContainerState, EndpointState } from '../model/inventory.ts';
import { hostNamespace } from '../model/namespace.ts';

/** The containers with the MACs their interfaces really have, where netwright and not the engine gave them. */
export function observeLinkAddresses(
  host: Host,
  containers: readonly ContainerState[],
  signal: AbortSignal,
): Promise<readonly ContainerState[]> {
  return mapBounded(containers, 4, async (container) => {
    const { namespace } = container;
    if (namespace === undefined || namespace === hostNamespace) return container;
    if (!container.endpoints.some(hasOwnMac)) return container;
    try {
      const endpoints = await enter(host, namespace, (place) =>
        mapBounded(container.endpoints, 1, async (endpoint) => {
          const [address] = endpoint.addresses;
          if (!hasOwnMac(endpoint) || address === undefined) return endpoint;
          const macAddress = await readMacAddress(place, address, signal);
          return macAddress === undefined ? endpoint : { ...endpoint, macAddress };
        }),
      );
      return { ...container, endpoints };
    } catch (error) {
      if (!isNetwrightError(error)) throw error;
      signal.throwIfAborted();
      return container;
    }
  });
}

function hasOwnMac(endpoint: EndpointState): boolean {
  return endpoint.driverOptions[macOption] !== undefined;
}
