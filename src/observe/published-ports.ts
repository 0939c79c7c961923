import { fieldsOf, listOf, textOf } from '../host/answer.ts';
import { parseAddress } from '../model/address.ts';
import type { PublishedPort } from '../model/inventory.ts';

const protocols: ReadonlySet<string> = new Set<PublishedPort['protocol']>(['tcp', 'udp', 'sctp']);
const anywhere: ReadonlySet<string> = new Set(['', '0.0.0.0', '::']);

/** What `NetworkSettings.Ports` of an inspected container says: `{"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}]}`. */
export function readPublishedPorts(answer: unknown): readonly PublishedPort[] {
  return Object.entries(fieldsOf(answer)).flatMap(([key, bindings]) => {
    const [containerPort, protocol = 'tcp'] = key.split('/');
    if (!isProtocol(protocol)) return [];
    return listOf(bindings).flatMap((binding): readonly PublishedPort[] => {
      const { HostIp, HostPort } = fieldsOf(binding);
      const [port, target] = [portOf(textOf(HostPort)), portOf(containerPort ?? '')];
      const address = anywhere.has(textOf(HostIp)) ? undefined : parseAddress(textOf(HostIp));
      if (port === undefined || target === undefined) return [];
      return [{ ...(address !== undefined && { address }), port, protocol, containerPort: target }];
    });
  });
}

function isProtocol(text: string): text is PublishedPort['protocol'] {
  return protocols.has(text);
}

function portOf(text: string): number | undefined {
  const port = /^[0-9]{1,5}$/.test(text) ? Number(text) : 0;
  return port > 0 && port < 65_536 ? port : undefined;
}
