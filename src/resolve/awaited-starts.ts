import type { Config, PolicyEntry } from '../model/config.ts';

/**
 * Whether something that the file says has to be done when a container starts, before others are served: inside a container, for
 * whoever has a label, or around a gateway. Addresses and ports that the file names are in force whether or not the container runs.
 */
export function awaitsStarts({ networks, policies, routing, discovery }: Config): boolean {
  return (
    discovery.length > 0 ||
    routing.length > 0 ||
    networks.some(({ gatewayContainer }) => gatewayContainer !== undefined) ||
    policies.some(awaitsStart)
  );
}

/** Whether what the policy comes to depends on containers that there are: on where they are, or what they are labelled. */
export function awaitsStart(policy: PolicyEntry): boolean {
  return isInside(policy) || namesIn(policy).some((name) => name.startsWith('label:'));
}

function isInside({ in: place, nat, iface }: PolicyEntry): boolean {
  return place === undefined ? nat !== undefined && iface === undefined : place !== 'host';
}

function namesIn({ from = [], to = [], selector, containerName, serviceName }: PolicyEntry) {
  return [...from, ...to, ...[selector, containerName, serviceName].filter((name) => name !== undefined)];
}
