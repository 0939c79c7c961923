import { familyOf } from '../../src/model/block.ts';
import { hostNamespace } from '../../src/model/namespace.ts';
import type { ConnectEndpoint } from '../../src/model/network-operations.ts';
import type { Observed } from '../../src/model/observed.ts';
import type { Family, ObservedTable, TableName } from '../../src/model/ruleset.ts';

const tableOf: Readonly<Record<string, TableName>> = { FORWARD: 'filter', POSTROUTING: 'nat' };

/** What Podman's netavark does to the host's rules when a running container joins a network that is not internal (measured on 4.3). */
export function withEngineJumps(state: Observed, { containerId, network }: ConnectEndpoint): Observed {
  const { engineJumps = {}, inventory } = state;
  const host = state.namespaces.get(hostNamespace);
  const joined = inventory.networks.find(({ name }) => name === network);
  const container = inventory.containers.find(({ id }) => id === containerId);
  if (host === undefined || joined?.driver !== 'bridge' || joined.internal || !container?.running)
    return state;
  const families = new Set(joined.subnets.map(({ subnet }) => familyOf(subnet)));
  let { tables } = host;
  for (const family of families)
    for (const [chain, to] of Object.entries(engineJumps)) tables = withJump(tables, family, chain, to);
  return { ...state, namespaces: new Map([...state.namespaces, [hostNamespace, { ...host, tables }]]) };
}

function withJump(
  tables: readonly ObservedTable[],
  family: Family,
  chain: string,
  to: string,
): readonly ObservedTable[] {
  return tables.map((table) => {
    const there = table.jumps.some((jump) => jump.chain === chain && jump.to === to);
    if (table.family !== family || table.table !== tableOf[chain] || there) return table;
    const moved = table.jumps.map((jump) =>
      jump.chain === chain ? { ...jump, position: jump.position + 1 } : jump,
    );
    return { ...table, jumps: [{ chain, to, position: 1 }, ...moved] };
  });
}
