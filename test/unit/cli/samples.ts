import type { Locate } from '../../../src/cli/lines.ts';
import type { Change } from '../../../src/model/change.ts';
import type { Operation, Outcome } from '../../../src/model/plan.ts';

/** A place in the file by its line alone. */
export const at = (line: number) => ({ file: '/etc/user/config/networks.yaml', pointer: `/${line}` });

export const locate: Locate = ({ file, pointer }) => ({ file, line: Number(pointer.slice(1)), column: 5 });

export const change = (
  sign: Change['sign'],
  area: Change['area'],
  text: string,
  line?: number,
  place?: string,
): Change => ({
  sign,
  area,
  text,
  ...(place !== undefined && { place }),
  ...(line !== undefined && { origin: at(line) }),
});

export const createNetwork = (network: string, changes: readonly Change[]): Operation => ({
  kind: 'create-network',
  because: `the engine has no network ${network}`,
  changes,
  network,
  driver: 'bridge',
  internal: false,
  subnets: [{ subnet: '172.18.103.0/24', gateway: '172.18.103.1' }],
  options: {},
  labels: {},
});

export const removeNetwork = (network: string, changes: readonly Change[]): Operation => ({
  kind: 'remove-network',
  because: 'the file no longer names it',
  changes,
  networkId: '1f',
  network,
});

export const restoreTable = (family: 4 | 6, changes: readonly Change[], namespace = 'host'): Operation => ({
  kind: 'restore-table',
  because: 'the rules differ from the file',
  changes,
  namespace,
  backend: 'nft',
  family,
  table: 'filter',
  chains: [{ name: 'NETWRIGHT-FORWARD', rules: [{ match: {}, target: { kind: 'accept' }, origin: at(20) }] }],
  unhook: [],
  hook: [],
  removeChains: [],
  removeTable: false,
});

export const connect = (containerName: string, network: string, changes: readonly Change[]): Operation => ({
  kind: 'connect-endpoint',
  because: `${containerName} is not in ${network}`,
  changes,
  containerId: `id-of-${containerName}`,
  containerName,
  network,
  addresses: ['172.18.103.2'],
  aliases: [],
  driverOptions: {},
  owned: true,
});

export const done = (operation: Operation): Outcome => ({ operation, result: 'done' });
export const failed = (operation: Operation, error: string): Outcome => ({
  operation,
  result: 'failed',
  error,
});
export const skipped = (operation: Operation, error: string): Outcome => ({
  operation,
  result: 'skipped',
  error,
});
