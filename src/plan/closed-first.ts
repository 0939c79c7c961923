import { familyOf } from '../model/block.ts';
import type { Desired } from '../model/desired.ts';
import { hostNamespace } from '../model/namespace.ts';
import type { Operation } from '../model/plan.ts';
import type { Family } from '../model/ruleset.ts';

/**
 * Who joins a network needs its rules on the host: where they could not be put in force, an engine without an isolation of its own
 * would let everything pass. What netwright connects stays out until they are.
 */
export function closedFirst(
  operations: readonly Operation[],
  { networks }: Pick<Desired, 'networks'>,
): readonly Operation[] {
  const familiesIn = new Map(
    networks.map(({ name, subnets }) => [name, new Set(subnets.map(({ subnet }) => familyOf(subnet)))]),
  );
  const guarded = new Set(networks.flatMap((each) => (each.gatewayContainer ? [each.name] : [])));
  return operations.map((operation) => {
    switch (operation.kind) {
      case 'restore-table':
        return operation.namespace === hostNamespace && operation.table === 'filter'
          ? { ...operation, provides: rulesNeed(operation.family) }
          : operation;
      case 'restore-frames':
        return { ...operation, provides: framesNeed };
      case 'connect-endpoint': {
        const families = [...(familiesIn.get(operation.network) ?? [])];
        const rules = families.length === 0 ? [rulesNeed(4)] : families.map(rulesNeed);
        const frames = guarded.has(operation.network) ? [framesNeed] : [];
        return { ...operation, needs: [...(operation.needs ?? []), ...rules, ...frames] };
      }
      default:
        return operation;
    }
  });
}

const framesNeed = 'the table of frames on the host';

function rulesNeed(family: Family): string {
  return `the IPv${family} rules on the host`;
}
