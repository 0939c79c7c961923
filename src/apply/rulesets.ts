import { isNetwrightError } from '../errors.ts';
import type { Host } from '../host/host.ts';
import { restoreCommand } from '../host/iptables-tools.ts';
import { renderRestore } from '../iptables/render.ts';
import type { RestoreTable } from '../model/plan.ts';
import { change } from './change.ts';

/** Puts one table right in one transaction; a table that we made and nobody else uses goes with our last chain. */
export async function restoreTable(host: Host, operation: RestoreTable, signal: AbortSignal): Promise<void> {
  const { namespace, backend, family, table, removeTable } = operation;
  const input = renderRestore(operation, host.ownership);
  await change(host, namespace, async (place) => {
    await place.run(restoreCommand(host.iptables, backend, family), { input, signal });
    if (!removeTable || backend !== 'nft') return;
    try {
      await place.run(['nft', 'delete', 'table', family === 4 ? 'ip' : 'ip6', table], { signal });
    } catch (error) {
      // An empty table does no harm, and without the nft tool there is no way to take it away.
      if (!isNetwrightError(error, 'COMMAND_MISSING')) throw error;
    }
  });
}
