import type { Family } from './config.ts';

/** The chains netwright may write; a chain of any other name is foreign, whatever it begins with. */
const chainRoles = [
  'FORWARD',
  'PREROUTING',
  'POSTROUTING',
  'INPUT',
  'OUTPUT',
  'HOST',
  'RAW',
  'RAW-NEAR',
  'MARK',
  'CONNMARK',
  'SPOOFED',
  'LEAVING',
  'BETWEEN',
  'ARRIVING',
  'GATE',
  'COUNT',
  'COUNT-LED',
  'CREATED',
  'TRIAL',
] as const;
export type ChainRole = (typeof chainRoles)[number];

/** Its sets, one for each family: permitted flows; the bridges; which source belongs behind which bridge; the subnets. */
const setRoles = ['allow', 'links', 'homes', 'nets'] as const;
export type SetRole = (typeof setRoles)[number];

/** How one instance recognises its own things, wherever they are: no state file says what is ours, the things do. */
export interface Ownership {
  readonly instance: string;
  /** Label on networks and volumes, driver option on endpoints; its value is the instance's name. */
  readonly label: 'io.netwright.managed';
  /** Route protocol on routes and policy-routing rules (rtnetlink(7) leaves the numbers above 4 to user space). */
  readonly routeProtocol: number;
  chain(role: ChainRole): string;
  ownsChain(name: string): boolean;
  /** The IPv6 ones end in `6`. */
  set(role: SetRole, family: Family): string;
  /** The name under which a set is made that is to take another's place. */
  newSet(name: string): string;
  ownsSet(name: string): boolean;
  /** The name of the table in nft's `bridge` family. */
  readonly frames: string;
}

const defaultInstance = 'default';

/** An instance's name is 1 to 6 lower-case letters and digits, so that every chain's name has at most the 28 characters the kernel takes. */
export function isInstanceName(name: string): boolean {
  return name === defaultInstance || /^[a-z0-9]{1,6}$/.test(name);
}

/** The marks of the instance of this name; the default instance has the short ones. */
export function ownership(instance: string = defaultInstance): Ownership {
  const prefix = instance === defaultInstance ? 'NETWRIGHT' : `NETWRIGHT-${instance.toUpperCase()}`;
  const setPrefix = instance === defaultInstance ? 'netwright' : `netwright-${instance}`;
  const setName = (role: SetRole, family: Family) => `${setPrefix}-${role}${family === 6 ? '6' : ''}`;
  const newSet = (name: string): string => `${name}-new`;
  const lasting = setRoles.flatMap((role) => [setName(role, 4), setName(role, 6)]);
  const sets = new Set([...lasting, ...lasting.map(newSet)]);
  const chains = new Set(chainRoles.map((role) => `${prefix}-${role}`));
  return {
    instance,
    label: 'io.netwright.managed',
    routeProtocol: instance === defaultInstance ? 78 : protocolOf(instance),
    chain: (role) => `${prefix}-${role}`,
    ownsChain: (name) => chains.has(name),
    set: setName,
    newSet,
    ownsSet: (name) => sets.has(name),
    frames: setPrefix,
  };
}

const chainOfAny = new RegExp(`^NETWRIGHT(-([A-Z0-9]{1,6}))?-(${chainRoles.join('|')})$`);

/** Whether an instance of any name may write this chain: two of them share a place without a quarrel about who is first. */
export function isChainOfAnyInstance(name: string): boolean {
  return chainOfAny.test(name);
}

/** Whether a table in nft's `bridge` family may be one of any instance. */
export function isFramesOfAnyInstance(name: string): boolean {
  return /^netwright(-[a-z0-9]{1,6})?$/.test(name);
}

/** The instance that may write this chain; undefined for a foreign one. */
export function instanceOfChain(name: string): string | undefined {
  const found = chainOfAny.exec(name);
  return found === null ? undefined : (found[2]?.toLowerCase() ?? defaultInstance);
}

/** 200 to 254: no routing daemon of iproute2's rt_protos has a number there. */
function protocolOf(instance: string): number {
  let hash = 0;
  for (const character of instance) hash = (hash * 31 + character.charCodeAt(0)) % 55;
  return 200 + hash;
}
