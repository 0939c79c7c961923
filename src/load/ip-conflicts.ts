import type { IpEntry } from '../model/config.ts';
import { quote, type Report } from './problem.ts';

/** Reports what two entries cannot both have: an address, a MAC address in a network, or a place of one family in it. */
export function checkIps(ips: readonly IpEntry[], report: Report): void {
  const owners = new Map<string, IpEntry>();
  const claim = (
    entry: IpEntry,
    key: string,
    message: string,
    isShared: (other: IpEntry) => boolean,
  ): void => {
    const other = owners.get(key);
    if (other === undefined) owners.set(key, entry);
    else if (!isShared(other)) {
      report({
        severity: 'error',
        code: 'claimed-twice',
        origin: entry.origin,
        atKey: true,
        message,
        also: other.origin,
      });
    }
  };
  for (const entry of ips) {
    const { ip, family, network, containerName, macAddress } = entry;
    const before = owners.size;
    claim(entry, `ip ${ip}`, `${ip} is claimed twice`, () => false);
    if (owners.size === before || network === undefined || containerName === undefined) continue;
    const place = `${quote(containerName)} in ${quote(network)}`;
    claim(entry, `place ${family} ${place}`, `${place} has a second IPv${family} address`, () => false);
    if (macAddress === undefined) continue;
    const isSame = (other: IpEntry): boolean => other.containerName === containerName;
    claim(
      entry,
      `mac ${network} ${macAddress}`,
      `${macAddress} is claimed twice in ${quote(network)}`,
      isSame,
    );
  }
}
