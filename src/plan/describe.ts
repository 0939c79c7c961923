import type { DesiredEndpoint, DesiredNetwork } from '../model/desired.ts';
import type { Route, RoutingRule } from '../model/namespace.ts';

/** `front   bridge 172.18.103.0/24 gateway 172.18.103.1`: how a plan and a status name a network. */
export function describeNetwork(
  network: Pick<DesiredNetwork, 'name' | 'driver' | 'internal' | 'subnets'> & Partial<DesiredNetwork>,
): string {
  const { name, driver = 'bridge', internal, subnets, mtu, gatewayContainer } = network;
  const words = subnets.map(
    ({ subnet, gateway }) => `${subnet}${gateway === undefined ? '' : ` gateway ${gateway}`}`,
  );
  return [
    `${name}  `,
    driver,
    ...words,
    ...(gatewayContainer === undefined ? [] : [`in ${gatewayContainer.containerName}`]),
    ...(internal === true && gatewayContainer === undefined ? ['internal'] : []),
    ...(mtu === undefined ? [] : [`mtu ${mtu}`]),
  ].join(' ');
}

/** `loadbalancer in front   172.18.103.2`. */
export function describeEndpoint({
  containerName,
  network,
  addresses,
  gateways = [],
}: Pick<DesiredEndpoint, 'containerName' | 'network' | 'addresses' | 'gateways'>): string {
  const all = [...addresses, ...gateways.map((gateway) => `gateway ${gateway}`)];
  const where = all.length === 0 ? 'any address' : all.join(' ');
  return `${containerName} in ${network}   ${where}`;
}

/** `route default via 192.168.1.1 table 200`, in the words of `ip route`. */
export function describeRoute({ type, to, via, dev, table, metric, src }: Route): string {
  return words('route', [
    [type === 'unicast' ? undefined : type, ''],
    [to, ''],
    [via, 'via '],
    [dev, 'dev '],
    [src, 'src '],
    [metric, 'metric '],
    [table === 'main' ? undefined : table, 'table '],
  ]);
}

/** `rule from 10.0.0.0/8 fwmark 0x2 table 200`, in the words of `ip rule`. */
export function describeRoutingRule({ from, to, fwmark, iif, oif, table, priority }: RoutingRule): string {
  return words('rule', [
    [from, 'from '],
    [to, 'to '],
    [fwmark, 'fwmark '],
    [iif, 'iif '],
    [oif, 'oif '],
    [table, 'table '],
    [priority, 'priority '],
  ]);
}

/** `net.ipv4.ip_forward = 1`. */
export function describeSysctl(key: string, value: string): string {
  return `sysctl ${key} = ${value}`;
}

function words(
  first: string,
  rest: readonly (readonly [value: string | number | undefined, before: string])[],
): string {
  return [
    first,
    ...rest.flatMap(([value, before]) => (value === undefined ? [] : [`${before}${value}`])),
  ].join(' ');
}
