import { hostNamespace, type NamespaceId } from '../model/namespace.ts';

/** A part of the host in which things change and are put right together; of routes inside containers the kernel's events do not say which. */
export type Area =
  | `rules ${NamespaceId}`
  | 'sets'
  | 'routes host'
  | 'routes inside'
  | 'sysctls host'
  | 'sysctls inside'
  | 'engine';

/** The area of something in this namespace. */
export function areaIn(kind: 'routes' | 'sysctls', namespace: NamespaceId): Area {
  return namespace === hostNamespace ? `${kind} host` : `${kind} inside`;
}
