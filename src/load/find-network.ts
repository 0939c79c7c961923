import { indexByCidr } from '../model/cidr-index.ts';
import type { NetworkEntry, Origin } from '../model/config.ts';
import { nearest } from '../model/names.ts';
import type { IpInFile } from '../model/networks-file.ts';
import { type Finding, quote, type Report, within } from './problem.ts';

/** Finds the network an address belongs to; undefined, and perhaps reported, when none. */
export type FindNetwork = (
  ip: string,
  entry: IpInFile,
  origin: Origin,
  report: Report,
) => NetworkEntry | undefined;

/** The way to an address's network: by name, else by key, else by the subnet that holds it. `complete` is false when networks with mistakes were left out. */
export function networkFinder(networks: readonly NetworkEntry[], complete: boolean): FindNetwork {
  const named = new Map([
    ...networks.map((one) => [one.key, one] as const),
    ...networks.map((one) => [one.name, one] as const),
  ]);
  const holding = indexByCidr(
    networks.flatMap((one) => one.subnets.map(({ subnet }) => [subnet, one] as const)),
  );
  return (ip, entry, origin, report) => {
    const name = entry.network_name;
    if (name !== undefined) {
      const network = named.get(name);
      if (network === undefined && complete) {
        const near = nearest(name, named.keys());
        const hint = near === undefined ? undefined : `did you mean ${quote(near)}?`;
        const message = `no network is called ${quote(name)}`;
        report({
          severity: 'error',
          code: 'unknown-network',
          origin: within(origin, 'network_name'),
          message,
          ...(hint !== undefined && { hint }),
        });
      }
      return network;
    }
    const network = holding(ip);
    if (network === undefined && complete) reportOutside(ip, entry, origin, report);
    return network;
  };
}

function reportOutside(ip: string, entry: IpInFile, origin: Origin, report: Report): void {
  const at = { code: 'outside-subnet', ...whereIp(entry, origin) } as const;
  if (entry.container_name !== undefined) {
    report({
      ...at,
      severity: 'error',
      message: `${ip} is in no subnet of the file's networks`,
      hint: 'declare its network, or correct the address',
    });
    return;
  }
  report({
    ...at,
    severity: 'warning',
    message: `${ip} is in no subnet of the file's networks: it is only a name for policies`,
  });
}

/** Where an entry says its address: in its `ip`, else by its key. */
export function whereIp(entry: IpInFile, origin: Origin): Pick<Finding, 'origin' | 'atKey'> {
  return entry.ip === undefined ? { origin, atKey: true } : { origin: within(origin, 'ip') };
}
