import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Container } from '../host/container.ts';
import type { Snapshot } from '../host/snapshot.ts';
import { startHost, type ThrowawayHost } from '../host/throwaway-host.ts';
import { hostileTexts } from '../property/hostile-values.ts';
import { loadText } from '../unit/load/directory.ts';
import { difference } from './foreign-part.ts';
import { type Addition, describingFields, fileWith, meaningFields, meaningMark } from './hostile-fields.ts';
import { type InForce, Reconciler } from './reconciler.ts';

describe('on a host where texts are made to break out', () => {
  let host: ThrowawayHost;
  let reconciler: Reconciler;
  let app: Container;
  let plain: Snapshot;

  beforeAll(async () => {
    host = await startHost();
    await host.outside('lan0', '10.9.0.1/24', '10.9.0.2/24');
    // No default route leads there: of two alike the kernel takes the one whose gateway it has heard of last.
    await host.network('zz', { subnet: '172.31.0.0/24', internal: true });
    app = await host.container('app', { networks: ['zz'] });
    const db = await host.container('db', { networks: ['zz'] });
    await host.container('other', { networks: ['zz'] });
    for (const port of [5432, 5433, 6000, 7001]) await host.listen(db, { port });
    reconciler = await Reconciler.start(host);
    await inForce(fileWith([]));
    plain = await host.save();
  });
  afterAll(async () => await host.stop());

  async function inForce(file: object): Promise<InForce> {
    const came = await reconciler.change('networks.json', file);
    if ('crashed' in came) throw new Error(came.crashed);
    if (!came.ok) throw new Error(came.problems.map(({ message }) => message).join('\n'));
    return came;
  }

  /** What must hold whatever else a file says. */
  async function expectPolicies(where: string): Promise<void> {
    const ask = async (port: number) =>
      (await host.connect(app, { address: '172.30.2.10', port, timeoutMs: 400 })).kind;
    expect(await Promise.all([5432, 5433, 6000].map(ask)), where).toEqual(['answered', 'timeout', 'timeout']);
  }

  async function isAccepted(...additions: readonly Addition[]): Promise<boolean> {
    return (await loadText('networks.json', JSON.stringify(fileWith(additions)))).ok;
  }

  test('names and descriptions change no packet and no line but their own', async () => {
    const tame = new Map<string, Snapshot>();
    let tried = 0;
    for (const [at, text] of hostileTexts.entries()) {
      const where = `text ${at} (${JSON.stringify(text.slice(0, 80))})`;
      const fields = describingFields.map(([name, make]) => ({
        name,
        hostile: make(text),
        tame: make(`tame-${at}`),
      }));
      const usable: typeof fields = [];
      for (const field of fields) if (!isWord(text) && (await isAccepted(field.hostile))) usable.push(field);
      if (usable.length === 0) continue;
      tried += usable.length;
      const key = usable.map(({ name }) => name).join();
      let like = tame.get(key);
      if (like === undefined) {
        await inForce(fileWith(usable.map((field) => field.tame)));
        like = withoutTexts(await host.save());
        tame.set(key, like);
      }
      const came = await inForce(fileWith(usable.map((field) => field.hostile)));
      expect(came, where).toMatchObject({ converged: true, failed: [], left: [] });
      expect(difference(like, withoutTexts(await host.save())), where).toEqual([]);
      await expectPolicies(where);
    }
    expect(tried).toBeGreaterThan(200);
    await inForce(fileWith([]));
    expect(difference(plain, await host.save())).toEqual([]);
  }, 900_000);

  test('where they mean something, they come to their own lines or to none, and what the kernel refuses stops nothing else', async () => {
    const before = linesOf(plain);
    let tried = 0;
    for (const [at, text] of hostileTexts.entries()) {
      // Addresses of a family that the plain file does not speak are no trick, and bring the whole family along.
      if (/^[0-9a-f]*:[0-9a-f.:/]*$/.test(text)) continue;
      const where = `text ${at} (${JSON.stringify(text.slice(0, 80))})`;
      const fields = meaningFields.map(([, make]) => make(text));
      const usable: Addition[] = [];
      for (const field of fields) if (await isAccepted(...usable, field)) usable.push(field);
      if (usable.length === 0) continue;
      tried += usable.length;
      const came = await inForce(fileWith(usable));
      expect(
        came.failed.filter((failure) => !ownFailure.test(failure)),
        where,
      ).toEqual([]);
      const now = linesOf(await host.save());
      const come = [...now].filter((line) => !before.has(line));
      expect(
        [...before].filter((line) => !now.has(line) && !meaningMark.test(line)),
        where,
      ).toEqual([]);
      expect(
        come.filter((line) => !meaningMark.test(line)),
        where,
      ).toEqual([]);
      await expectPolicies(where);
    }
    console.info(`${tried} tried`);
    expect(tried).toBeGreaterThan(200);
    await inForce(fileWith([]));
    expect(difference(plain, await host.save())).toEqual([]);
  }, 900_000);
});

/** Words that a policy's name has a meaning for are no mere names. */
function isWord(text: string): boolean {
  return /^(any|host|all|default|none|[0-9a-f.:/]+|label:.*)$/.test(text);
}

/** What only the kernel and the engine can know to be wrong. */
const ownFailure =
  /^(add-route|add-routing-rule|set-sysctl|create-network|connect-endpoint) (failed|skipped): /;

/** What is in the kernel, line by line; the rules once, as iptables tells them. */
function linesOf(snapshot: Snapshot): ReadonlySet<string> {
  const parts = Object.entries(snapshot).filter(([part]) => part !== 'nft' && part !== 'networks');
  return new Set(parts.flatMap(([part, text]) => text.split('\n').map((line) => `${part}: ${line}`)));
}

/** The state without comments and prefixes, in which names may be told, and without the order of the elements of sets, which is a hash's. */
function withoutTexts(snapshot: Snapshot): Snapshot {
  return Object.fromEntries(
    Object.entries(snapshot).map(([part, text]) => [
      part,
      (part === 'ipset' ? text.split('\n').sort().join('\n') : text)
        .replace(/ (--comment|--log-prefix) ("(\\.|[^"\\])*"|\S+)/g, ' $1')
        .replace(/ comment "[^"\n]*"/g, ' comment')
        .replace(/ (log prefix) "[^"\n]*"/g, ' $1'),
    ]),
  );
}
