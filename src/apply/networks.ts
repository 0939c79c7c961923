import type { Host } from '../host/host.ts';
import type { CreateNetwork, RemoveNetwork } from '../model/network-operations.ts';

/** Makes the network; the engine refuses a second one of its name. */
export async function createNetwork(
  host: Host,
  operation: CreateNetwork,
  signal: AbortSignal,
): Promise<void> {
  await host.engine.createNetwork(operation, signal);
}

/** Removes the network by its id; that it is gone already is as good. */
export async function removeNetwork(
  host: Host,
  operation: RemoveNetwork,
  signal: AbortSignal,
): Promise<void> {
  await host.engine.removeNetwork(operation.networkId, signal);
}
