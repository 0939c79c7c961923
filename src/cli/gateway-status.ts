import type { Desired, DesiredNetwork } from '../model/desired.ts';
import type { Operation } from '../model/plan.ts';
import type { GatewayStatus } from '../model/status.ts';
import type { Counted } from '../plan/counters.ts';
import type { Look } from '../reconcile.ts';

/** The containers that are gateways of networks, in the order of the networks, as the last look found them. */
export function gatewayStatusOf(
  { desired, plan: { operations } }: Pick<Look, 'desired' | 'plan'>,
  counters: ReadonlyMap<string, Counted>,
): readonly GatewayStatus[] {
  const isPending = operations.some(({ kind }) => kind === 'restore-frames');
  return desired.networks.flatMap((network): readonly GatewayStatus[] => {
    const { name, gatewayContainer } = network;
    if (gatewayContainer === undefined) return [];
    const { containerName, addresses } = gatewayContainer;
    const refused = counters.get(`${name} by ${containerName} alone`)?.packets;
    return [
      {
        network: name,
        container: containerName,
        addresses,
        state: stateOf(network, addresses, desired, operations),
        members: desired.frames === undefined ? 'unchecked' : isPending ? 'pending' : 'closed in',
        ...(refused !== undefined && { refused }),
      },
    ];
  });
}

function stateOf(
  { name }: DesiredNetwork,
  addresses: readonly string[],
  { namespaces }: Desired,
  operations: readonly Operation[],
): GatewayStatus['state'] {
  const asked = [...namespaces.values()].flatMap((namespace) => namespace.addresses ?? []);
  if (!asked.some(({ network }) => network === name)) return 'away';
  const isComing = operations.some(
    (operation) => operation.kind === 'add-address' && addresses.includes(operation.address),
  );
  return isComing ? 'coming' : 'there';
}
