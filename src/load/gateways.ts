import type { GatewayEntry, IpEntry, NetworkEntry, Origin } from '../model/config.ts';
import { groupBy } from '../model/group-by.ts';
import type { IpInFile } from '../model/networks-file.ts';
import { quote, type Report, within } from './problem.ts';

/** An address and what the file says of it. */
export interface ReadIp {
  readonly ip: IpEntry;
  readonly entry: IpInFile;
}

/** The networks, those with a container for a gateway changed accordingly; what stands in the way of that is reported. */
export function withGateways(
  networks: readonly NetworkEntry[],
  ips: readonly ReadIp[],
  report: Report,
): readonly NetworkEntry[] {
  for (const { ip, entry } of ips) checkWords(ip, entry, report);
  const byNetwork = groupBy(
    ips.filter(({ ip }) => ip.asGateway),
    ({ ip }) => ip.network,
  );
  return networks.map((network) => {
    const [first, ...others] = byNetwork.get(network.name) ?? [];
    return first === undefined ? network : withGateway(network, first, others, report);
  });
}

/** Words that say nothing without others. */
function checkWords({ origin, containerName }: IpEntry, entry: IpInFile, report: Report): void {
  const at = { severity: 'error', code: 'as-gateway' } as const;
  if (entry.as_gateway === true) {
    if (containerName === undefined)
      report({ ...at, origin: within(origin, 'as_gateway'), message: 'as_gateway needs container_name' });
    return;
  }
  for (const word of ['masquerade', 'dns'] as const) {
    if (entry[word] !== undefined)
      report({ ...at, origin: within(origin, word), message: `${word} means nothing without as_gateway` });
  }
}

function withGateway(
  network: NetworkEntry,
  first: ReadIp,
  others: readonly ReadIp[],
  report: Report,
): NetworkEntry {
  const all = [first, ...others].toSorted((one, other) => one.ip.family - other.ip.family);
  const { containerName } = first.ip;
  if (containerName === undefined) return network;
  for (const { ip } of all) checkAddress(network, ip, report);
  checkNetwork(network, first.ip.origin, report);
  for (const { ip } of others.filter((other) => other.ip.containerName !== containerName)) {
    const message = `${quote(network.name)} has a gateway: ${quote(containerName)}`;
    report({ ...about(ip.origin), message, also: first.ip.origin });
  }
  const gatewayContainer: GatewayEntry = {
    origin: first.ip.origin,
    containerName,
    addresses: all.map(({ ip }) => ip.ip),
    masquerade: all.every(({ entry }) => entry.masquerade !== false),
    dns: all.some(({ entry }) => entry.dns === true),
  };
  const subnets = network.subnets.map((subnet) => {
    const held = all.find(({ ip }) => ip.family === subnet.family);
    return held === undefined ? subnet : { ...subnet, gateway: subnet.gateway ?? held.ip.ip };
  });
  return { ...network, subnets, gatewayContainer };
}

const about = (origin: Origin) =>
  ({ severity: 'error', code: 'as-gateway', origin: within(origin, 'as_gateway') }) as const;

function checkAddress(
  { name, subnets }: NetworkEntry,
  { ip, family, origin }: IpEntry,
  report: Report,
): void {
  const gateway = subnets.find((subnet) => subnet.family === family)?.gateway;
  if (gateway === undefined || gateway === ip) return;
  const message = `the gateway of ${quote(name)} is ${gateway}, not ${ip}`;
  report({ ...about(origin), message, hint: "as_gateway belongs to the network's gateway address" });
}

/** Other drivers' packets do not pass the host's bridge, and an internal network has no way out for anybody. */
function checkNetwork({ name, driver, internal }: NetworkEntry, origin: Origin, report: Report): void {
  if (driver !== undefined && driver !== 'bridge')
    report({
      ...about(origin),
      message: `${quote(name)} is no bridge network: a container cannot be its gateway`,
    });
  if (internal === true) {
    const message = `${quote(name)} is internal: it has no gateway at all`;
    report({
      ...about(origin),
      message,
      hint: 'without internal nothing gets out of it either, but by its gateway',
    });
  }
}
