import type { Family } from './config.ts';

/** The interface with which a sysctl of this dotted key comes and goes; a dot in its name is written `/`, as sysctl(8) does. */
export function interfaceOf(key: string): string | undefined {
  const [, family, kind, name] = key.split('.');
  if (name === 'all' || name === 'default') return undefined;
  const isOfInterface = (family === 'ipv4' || family === 'ipv6') && (kind === 'conf' || kind === 'neigh');
  return isOfInterface ? name?.replaceAll('/', '.') : undefined;
}

/** The sysctl of one interface, as `net.ipv4.conf.nw-front.forwarding`; a dot in its name is written `/`. */
export function interfaceSysctl(family: Family, name: string, sysctl: string): string {
  return `net.ipv${family}.conf.${name.replaceAll('.', '/')}.${sysctl}`;
}
