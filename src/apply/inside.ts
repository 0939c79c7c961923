import { isNetwrightError } from '../errors.ts';
import type { Host } from '../host/host.ts';
import type { Place } from '../host/place.ts';
import { haveDone, type Question } from '../host/questions.ts';
import { hostNamespace } from '../model/namespace.ts';
import type { Operation } from '../model/plan.ts';
import { change } from './change.ts';
import { routingCommand } from './routing.ts';
import { restoringTable } from './rulesets.ts';
import { settingSysctl } from './sysctls.ts';

/** Operations of which each is mostly one program in one namespace. */
type Inside = Extract<
  Operation,
  {
    readonly kind:
      | 'restore-table'
      | 'set-sysctl'
      | 'add-route'
      | 'remove-route'
      | 'add-routing-rule'
      | 'remove-routing-rule';
  }
>;

/** Whether it is done in a container's namespace, where it is in nobody's way but that of its like there. */
export function isInside(operation: Operation): boolean {
  return insideOf(operation) !== undefined;
}

function insideOf(operation: Operation): Inside | undefined {
  switch (operation.kind) {
    case 'restore-table':
      // All namespaces share the one lock that the legacy tools take.
      return operation.backend === 'nft' && operation.namespace !== hostNamespace ? operation : undefined;
    case 'set-sysctl':
    case 'add-route':
    case 'remove-route':
    case 'add-routing-rule':
    case 'remove-routing-rule':
      return operation.namespace === hostNamespace ? undefined : operation;
    default:
      return undefined;
  }
}

interface Prepared {
  readonly operation: Inside;
  readonly program: Question;
  readonly effect?: string;
}

/**
 * Does as many of these as it can, all in one container's namespace, by one process that has one program after the other do its work:
 * one started from here costs more than the program itself. Returns those that were done; the others are to be done one by one, which
 * tells what is wrong with them.
 */
export async function doInside(
  host: Host,
  operations: readonly Operation[],
  signal: AbortSignal,
): Promise<ReadonlySet<Operation>> {
  const inside = rulesFirst(operations.flatMap((operation) => insideOf(operation) ?? []));
  const [first] = inside;
  if (first === undefined || inside.length < 2) return new Set();
  try {
    return await change(host, first.namespace, async (place) => {
      const prepared: Prepared[] = [];
      // Who cannot be prepared for is told so when it is done alone.
      for (const operation of inside)
        prepared.push(...(await prepare(host, place, operation).catch(() => [])));
      return prepared.length < 2 ? new Set() : await perform(host, place, prepared, signal);
    });
  } catch (error) {
    if (!isNetwrightError(error)) throw error;
    return new Set();
  }
}

/**
 * Routes and some sysctls wait for a lock that the kernel holds while namespaces and links are made and taken away, which among many
 * starts is for seconds; rules do not, and nothing is to pass without them.
 */
function rulesFirst(operations: readonly Inside[]): readonly Inside[] {
  const isRules = ({ kind }: Inside): boolean => kind === 'restore-table';
  return [...operations.filter(isRules), ...operations.filter((operation) => !isRules(operation))];
}

async function prepare(host: Host, place: Place, operation: Inside): Promise<readonly Prepared[]> {
  switch (operation.kind) {
    case 'restore-table': {
      const restoring = restoringTable(host, operation);
      return restoring === undefined ? [] : [{ operation, ...restoring }];
    }
    case 'set-sysctl': {
      const program = await settingSysctl(host, place, operation);
      return program === undefined ? [] : [{ operation, program }];
    }
    default:
      return [{ operation, program: { argv: routingCommand(host, operation) } }];
  }
}

async function perform(
  host: Host,
  place: Place,
  prepared: readonly Prepared[],
  signal: AbortSignal,
): Promise<ReadonlySet<Operation>> {
  const programs = prepared.map(({ program }) => program);
  const doing = haveDone(place, programs, signal);
  const outcomes = prepared.map(async ({ operation, program, effect }) => {
    const isDone = async (): Promise<boolean> => (await doing).has(program);
    const done = effect === undefined ? await isDone() : await host.own.duringIf(effect, isDone, Boolean);
    return done ? [operation] : [];
  });
  return new Set((await Promise.all(outcomes)).flat());
}
