import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Chance } from '../chance.ts';
import { startHost, type ThrowawayHost } from '../host/throwaway-host.ts';
import { mutatedFile } from '../property/mutated-files.ts';
import { difference } from './foreign-part.ts';
import { Reconciler } from './reconciler.ts';

const count = Number(process.env['FUZZ_HOST_FILES'] ?? 40);
const seed = Number(process.env['FUZZ_SEED'] ?? 1);

/** What only the kernel or the engine can know to be wrong: a gateway that no network holds, an option that a driver does not have. */
const refusable =
  /^(add-route|add-routing-rule|set-sysctl|create-network|connect-endpoint) (failed|skipped): /;

describe('on a host that is given files that were once in order, one after the other', () => {
  let host: ThrowawayHost;
  let reconciler: Reconciler;

  beforeAll(async () => {
    host = await startHost();
    await host.outside('lan0', ['10.9.0.1/24', 'fd09::1/64'], ['10.9.0.2/24', 'fd09::3/64']);
    await host.outside('wg0', ['10.8.0.1/24', 'fd08::1/64'], ['10.8.0.2/24', 'fd08::2/64']);
    await host.outside('eth0', '192.168.1.2/24', '192.168.1.1/24');
    for (const name of ['app', 'db', 'vpn', 'web-1'])
      await host.container(name, { labels: { role: 'guest' } });
    reconciler = await Reconciler.start(host);
  });
  afterAll(async () => await host.stop());

  test(`${count} of them change nothing when they are refused, and leave nothing to do when they are not (seed ${seed})`, async () => {
    const chance = new Chance(seed);
    const tally = { refused: 0, inForce: 0, inPart: 0 };
    let before = await host.save();
    for (let at = 0; at < count; at++) {
      const { name, bytes, how } = mutatedFile(chance);
      const where = `seed ${seed}, file ${at} (${how}), ${name}:\n${bytes.toString().slice(0, 4000)}\n`;
      const give = async () => {
        const came = await reconciler.change(name, bytes, 60_000);
        if ('crashed' in came) throw new Error(`${where}${came.crashed}`);
        return came;
      };
      const came = await give();
      const after = await host.save();
      if (!came.ok) {
        expect(difference(before, after), where).toEqual([]);
        tally.refused += 1;
        continue;
      }
      const again = await give();
      if (!again.ok) throw new Error(`${where}in order, and then not`);
      if (came.failed.length > 0) {
        expect(
          came.failed.filter((failure) => !refusable.test(failure)),
          where,
        ).toEqual([]);
        expect(again, where).toMatchObject({ left: came.left });
        tally.inPart += 1;
      } else {
        expect(came, where).toMatchObject({ converged: true, left: [] });
        expect(again, where).toMatchObject({ converged: true, rounds: 1, done: [] });
        tally.inForce += 1;
      }
      before = await host.save();
      expect(difference(after, before), where).toEqual([]);
    }
    console.info(JSON.stringify(tally));
    expect(tally.inForce).toBeGreaterThan(count * 0.15);
    expect(tally.refused).toBeGreaterThan(count * 0.2);
    expect(tally.inPart).toBeLessThan(count * 0.1);
  }, 900_000);
});
