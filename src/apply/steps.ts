import { groupBy } from '../model/group-by.ts';
import type { Operation } from '../model/plan.ts';
import { isInside } from './inside.ts';

/** Operations that have to be done one after the other. */
type Lane = readonly Operation[];

/** The operations in the plan's order, parted into steps: within one, the lanes need not wait for each other. */
export function stepsOf(operations: readonly Operation[]): readonly (readonly Lane[])[] {
  const steps: Operation[][] = [];
  for (const operation of operations) {
    const last = steps.at(-1);
    if (last !== undefined && goesWith(last, operation)) last.push(operation);
    else steps.push([operation]);
  }
  return steps.map((step) => [...groupBy(step, laneOf).values()]);
}

/** What is done inside containers is nobody's affair but each container's own. */
function goesWith(step: readonly Operation[], operation: Operation): boolean {
  return step[0]?.kind === operation.kind || (isInside(operation) && step.every(isInside));
}

/** Operations of the same kind with the same text wait for each other. */
function laneOf(operation: Operation): string {
  switch (operation.kind) {
    case 'update-set':
      return operation.set;
    case 'restore-table':
      // All namespaces share the one lock that the legacy tools take.
      if (operation.backend === 'legacy') return '';
      return isInside(operation) ? operation.namespace : `${operation.namespace} ${operation.family}`;
    case 'set-sysctl':
    case 'add-route':
    case 'remove-route':
    case 'add-address':
    case 'remove-address':
    case 'add-routing-rule':
    case 'remove-routing-rule':
      return operation.namespace;
    default:
      return '';
  }
}
