import type { Desired } from '../model/desired.ts';
import type { Notice } from '../model/notice.ts';
import type { Observed } from '../model/observed.ts';
import type { Operation } from '../model/plan.ts';
import type { Part } from './part.ts';

/**
 * What shows only once a container has joined a network whose gateway is a container, and follows in a second round: the kernel chooses
 * the port, the engine a gateway's own address there, and Docker before 28 may lead a gateway to itself.
 */
export function announceJoining(
  { networks }: Pick<Desired, 'networks'>,
  { inventory }: Pick<Observed, 'inventory'>,
  earlier: readonly Operation[],
): Part {
  const notices = earlier.flatMap((operation): readonly Notice[] => {
    if (operation.kind !== 'connect-endpoint') return [];
    const { containerId, containerName, network } = operation;
    const guarded = networks.find(({ name }) => name === network);
    const gateway = guarded?.gatewayContainer?.containerName;
    const isRunning = inventory.containers.some(({ id, running }) => id === containerId && running);
    if (guarded === undefined || gateway === undefined || !isRunning) return [];
    const message =
      containerName === gateway
        ? 'its port, its own address there and its way out show once it has joined, and are seen to then'
        : 'its port shows once it has joined, and is seen to then';
    const subject = `${containerName} in ${network}`;
    return [{ kind: 'waiting', subject, message, origin: guarded.origin }];
  });
  return { operations: [], notices };
}
