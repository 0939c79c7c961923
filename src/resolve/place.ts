import type { ContainerState } from '../model/inventory.ts';
import { hostNamespace, type NamespaceId } from '../model/namespace.ts';
import type { Notice } from '../model/notice.ts';

/** Where rules are put: the host, or the namespace a running container has. */
export interface Place {
  readonly id: NamespaceId;
  readonly name: string;
}

export const host: Place = { id: hostNamespace, name: 'host' };

/** What is put there is not wanted anywhere yet: the namespace of a container that does not run. */
export const nowhere: NamespaceId = '';

/** The place of a container; one that does not run has none yet. A container on the host's network is the host. */
export function placeOf(container: ContainerState): Place {
  if (container.namespace === undefined) return { id: nowhere, name: container.name };
  return container.namespace === hostNamespace ? host : { id: container.namespace, name: container.name };
}

/** Why nothing can be put into a container that has no namespace here. */
export function whyNowhere({ name, running }: ContainerState): Pick<Notice, 'kind' | 'message' | 'hint'> {
  if (!running) return { kind: 'waiting', message: `${name} is not running` };
  return {
    kind: 'refused',
    message: `${name} is running, but its network namespace cannot be entered from here`,
    hint: 'in a container netwright needs --pid host, and --cap-add SYS_PTRACE for containers of another user or with more capabilities',
  };
}
