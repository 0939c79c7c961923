import { describe, expect, test } from 'vitest';
import { Chance } from '../chance.ts';
import { userChain } from '../host/engine-under-test.ts';
import { startHost, type ThrowawayHost } from '../host/throwaway-host.ts';
import { gatherCrowd } from './crowd.ts';
import { foreignEdits } from './foreign-edits.ts';
import { difference, everything, foreignHost, foreignInside } from './foreign-part.ts';
import { changed, changedSysctls, firstDraft } from './random-changes.ts';
import { Reconciler } from './reconciler.ts';

/**
 * All of the host is compared after every twentieth change, when somebody else makes one, too; what is inside containers less often.
 * A thousand changes, half of them here and half there; CROWD_CHANGES=1000 takes ten minutes for each.
 */
const count = Number(process.env['CROWD_CHANGES'] ?? 500);
const seed = Number(process.env['CROWD_SEED'] ?? 20_260_301);

describe.each(['nft', 'legacy'] as const)('on a crowded host with its rules in iptables-%s', (store) => {
  test(`${count} changes of the file, and destroy after them, leave what others have made as it was`, async () => {
    const host = await startHost({ iptables: store });
    try {
      await passes(host);
    } finally {
      await host.stop();
    }
  }, 1_800_000);

  async function passes(host: ThrowawayHost): Promise<void> {
    const { shop, members, lan } = await gatherCrowd(host, store);
    const containers = [shop, ...members];
    await host.listen(shop, { port: 80 });
    const connection = await host.open(lan, { address: '10.9.0.1', port: 8080 });
    const foreign = async () => await foreignHost(host, changedSysctls);

    const before = await everything(host, containers);
    const inside = await foreignInside(host, containers);
    let expected = await foreign();
    const edits = foreignEdits(host);
    const reconciler = await Reconciler.start(host);
    const chance = new Chance(seed);
    const tally = { inForce: 0, operations: 0, milliseconds: 0, most: 0 };
    let draft = firstDraft;
    for (let step = 0; step < count; step++) {
      const next = step === 0 ? { what: 'the first file', draft } : changed(draft, chance);
      const where = `seed ${seed}, change ${step}: ${next.what}`;
      const came = await reconciler.change('networks.json', next.draft);
      if ('crashed' in came) throw new Error(`${where}: ${came.crashed}`);
      if (came.ok) {
        expect({ where, ...came }).toMatchObject({ where, converged: true, failed: [], left: [] });
        draft = next.draft;
        tally.inForce += 1;
        tally.operations += came.done.length;
        tally.milliseconds += came.milliseconds;
        tally.most = Math.max(tally.most, came.milliseconds);
      }
      if (step % 20 === 0 || step === count - 1) {
        expect(difference(expected, await foreign()), where).toEqual([]);
        await expectFirst(host, where);
        await expectNothingToDo(host, reconciler, draft, where);
        await edits.next(chance);
        expected = await foreign();
      }
      if (step % 250 === 249)
        expect(difference(inside, await foreignInside(host, containers)), where).toEqual([]);
    }
    console.info(`${store}: ${JSON.stringify(tally)}`);
    expect(tally.inForce).toBeGreaterThan(count * 0.9);
    expect(await connection.ping()).toEqual({ kind: 'echoed' });
    await reconciler.end();

    await edits.undo();
    expect(await host.netwright(['destroy'])).toMatchObject({ exitCode: 0, stderr: '' });
    expect(difference(before, await everything(host, containers))).toEqual([]);
  }
});

/** Whatever others put above it since; in FORWARD where others' rules are before DOCKER-USER, as Docker 28 leaves them. */
async function expectFirst(host: ThrowawayHost, where: string): Promise<void> {
  const chains = new Set([userChain, 'FORWARD']);
  const rules = await host.sh([...chains].map((chain) => `iptables -S ${chain}`).join('; '));
  const hooked = rules.match(/^-[PN] .*\n-A \S+ -j NETWRIGHT-FORWARD$/gm) ?? [];
  expect(hooked.length, `${where}: ${rules}`).toBe(1);
}

async function expectNothingToDo(
  host: ThrowawayHost,
  reconciler: Reconciler,
  draft: object,
  where: string,
): Promise<void> {
  const once = await host.save();
  const again = await reconciler.change('networks.json', draft);
  expect(again, where).toMatchObject({ ok: true, converged: true, rounds: 1, done: [] });
  expect(difference(once, await host.save()), where).toEqual([]);
}
