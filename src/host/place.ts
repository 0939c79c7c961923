import { hostNamespace, type NamespaceId } from '../model/namespace.ts';
import type { CommandOptions, Run } from './command.ts';
import type { Namespaces } from './netns.ts';

/** A network namespace to work in: the host's, or a container's held open. */
export interface Place {
  readonly id: NamespaceId;
  readonly run: (argv: Parameters<Run>[0], options: Omit<CommandOptions, 'namespace'>) => Promise<string>;
  /** Its /proc/net; in a container's namespace true only while `confirm` does not throw afterwards. */
  readonly procNet: string;
  /** Throws NAMESPACE_GONE when the container has stopped meanwhile; the namespace in the handle may then be empty already. */
  readonly confirm: () => void;
}

/** Who fills its own namespace with rules delays a look at all of them by no more than this. */
export const insideTimeoutMs = 5_000;

/** Does the work in the namespace of this id; NAMESPACE_GONE when there is none. */
export function enter<T>(
  host: { readonly run: Run; readonly namespaces: Namespaces },
  id: NamespaceId,
  work: (place: Place) => Promise<T>,
): Promise<T> {
  if (id === hostNamespace) {
    return work({ id, run: host.run, procNet: '/proc/self/net', confirm: () => undefined });
  }
  return host.namespaces.enter(id, ({ handle, procNet, confirm }) =>
    work({
      id,
      run: (argv, options) => host.run(argv, { timeoutMs: insideTimeoutMs, ...options, namespace: handle }),
      procNet,
      confirm,
    }),
  );
}
