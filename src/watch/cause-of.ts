import type { EngineEvent } from '../host/engine-events.ts';
import type { Cause } from './cause.ts';

/** After any other event the container may be about to start, even after its death: Docker answers no question about it until it has. */
const certain: ReadonlySet<string> = new Set(['start', 'cleanup', 'destroy', 'remove']);

/** Why an event of the engine asks for a look. */
export function causeOf({ type, action, id, attributes }: EngineEvent): Cause {
  const name = attributes['name'] ?? attributes['container'] ?? '';
  const container = type === 'container' ? id : attributes['container'];
  return {
    kind: 'engine',
    detail: `${type} ${action} ${name}`.trim(),
    ...(container !== undefined && { container }),
    ...(!certain.has(action) && { mayBeStarting: true }),
    ...(action === 'start' && { urgent: true }),
    // A container that starts is never kept waiting, whatever is being done to networks.
    ...(type === 'network' && { area: 'engine' }),
  };
}
