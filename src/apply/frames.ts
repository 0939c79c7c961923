import { isNetwrightError } from '../errors.ts';
import type { Host } from '../host/host.ts';
import { announceAddress } from '../host/link-address.ts';
import { ruleTransaction } from '../host/own-effects.ts';
import type { RestoreFrames } from '../model/rules-operations.ts';
import { renderFrames } from '../nftables/render.ts';
import { change } from './change.ts';

/** Puts the table of frames right in one transaction, and has gateways announced. A kernel that takes none is not asked again. */
export async function restoreFrames(
  host: Host,
  { namespace, table, announce = [] }: RestoreFrames,
  signal: AbortSignal,
): Promise<void> {
  host.framesMayBe.value = true;
  await change(host, namespace, async (place) => {
    try {
      const input = renderFrames(host.ownership.frames, table);
      await host.own.during(ruleTransaction(place.id, 'nft'), () =>
        place.run(['nft', '-f', '-'], { input, signal }),
      );
    } catch (error) {
      if (isNetwrightError(error)) host.giveUpFrames(error.message);
      throw error;
    }
  });
  await Promise.all(
    announce.map(async (gateway) => {
      try {
        await change(host, gateway.namespace, (place) => announceAddress(place, gateway.address, signal));
      } catch (error) {
        // Who has gone meanwhile has nothing to tell.
        if (!isNetwrightError(error)) throw error;
      }
    }),
  );
}
