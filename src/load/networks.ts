import type { NetworkEntry, Origin } from '../model/config.ts';
import { bridgeOption, isBridgeName } from '../model/networks.ts';
import type { NetworkInFile } from '../model/networks-file.ts';
import { quote, type Report, within } from './problem.ts';
import { readSubnets } from './subnets.ts';

const networkName = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;
/** Names every engine keeps for itself, or that mean something else in a policy. */
const reservedNames = new Set(['bridge', 'host', 'none', 'any']);

/** The network an entry of the file declares; undefined, and reported, when it cannot be one. */
export function readNetwork(
  key: string,
  entry: NetworkInFile,
  origin: Origin,
  report: Report,
): NetworkEntry | undefined {
  const name = entry.network_name ?? key;
  const named = checkName(name, origin, entry.network_name === undefined, report);
  const subnets = readSubnets(entry, origin, report);
  const options = asText(entry.options);
  const bridged = checkBridge(options[bridgeOption], origin, report);
  if (subnets === undefined || !named || !bridged) return undefined;
  const { driver, internal, mtu } = entry;
  return {
    origin,
    key,
    name,
    ...(driver !== undefined && { driver }),
    ...(internal !== undefined && { internal }),
    subnets,
    ...(mtu !== undefined && { mtu }),
    options,
    labels: asText(entry.labels),
    onConflict: entry.on_conflict ?? 'fail',
    isolated: entry.isolated ?? false,
    ingress: entry.ingress ?? 'allow',
    egress: entry.egress ?? 'allow',
    hostAccess: entry.host_access ?? 'allow',
  };
}

function checkName(name: string, origin: Origin, isKey: boolean, report: Report): boolean {
  const at = {
    severity: 'error',
    code: 'network-name',
    ...(isKey ? { origin, atKey: true } : { origin: within(origin, 'network_name') }),
  } as const;
  if (!networkName.test(name) || name.length > 128) {
    const message = `${quote(name)} cannot be a network's name: letters, digits and _.-, beginning with a letter or digit`;
    report({
      ...at,
      message,
      ...(isKey ? { hint: 'keep the key and give the network a network_name' } : {}),
    });
    return false;
  }
  if (reservedNames.has(name)) {
    report({ ...at, message: `${quote(name)} cannot be a network's name: it is reserved` });
    return false;
  }
  return true;
}

/** Rules name it: what the kernel has no interface of, or rules take for many, would be in the way of all of them. */
function checkBridge(bridge: string | undefined, origin: Origin, report: Report): boolean {
  if (bridge === undefined || isBridgeName(bridge)) return true;
  const message = `${quote(bridge)} cannot be a bridge's name: at most 15 of the characters A-Z a-z 0-9 _ . @ -, not beginning with -`;
  report({
    severity: 'error',
    code: 'bridge',
    origin: within(origin, 'options', bridgeOption),
    message,
    hint: 'without it netwright gives the bridge a name',
  });
  return false;
}

function asText(map: NetworkInFile['options']): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(map ?? {}).map(([key, value]) => [key, String(value)]));
}
