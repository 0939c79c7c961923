import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WatchPasses } from '../../../src/cli/watch-pass.ts';
import { WatchReport } from '../../../src/cli/watch-report.ts';
import type { Engine } from '../../../src/host/engine.ts';
import type { EngineEvent } from '../../../src/host/engine-events.ts';
import { FormerSysctls } from '../../../src/host/former-sysctls.ts';
import type { Host } from '../../../src/host/host.ts';
import { Namespaces } from '../../../src/host/netns.ts';
import { OwnEffects } from '../../../src/host/own-effects.ts';
import { Uncut } from '../../../src/host/uncut.ts';
import { openLog } from '../../../src/log.ts';
import { ownership } from '../../../src/model/ownership.ts';
import { docker } from '../../plain.ts';
import { loadText } from '../load/directory.ts';

const { signal } = new AbortController();
const start: EngineEvent = { type: 'container', action: 'start', id: 'web', attributes: {} };
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'netwright-passes-'));
});
afterAll(async () => await rm(folder, { recursive: true }));

/** A host with nothing on it, whose engine notes whom it is asked about. */
async function emptyHost(asked: string[]): Promise<Host> {
  const nothing = () => Promise.resolve([]);
  const engine: Partial<Engine> = {
    kind: 'docker',
    listNetworks: nothing,
    listContainers: nothing,
    listVolumes: nothing,
    inspectContainer: (id) => {
      asked.push(id);
      return Promise.resolve(undefined);
    },
  };
  return {
    ownership: ownership(),
    engine: engine as Engine,
    facts: docker,
    giveUpSets: () => undefined,
    giveUpFrames: () => undefined,
    knownLinks: new Map(),
    framesMayBe: { value: false },
    run: () => Promise.resolve(''),
    namespaces: await Namespaces.open(),
    iptables: { program: () => undefined, defaultBackend: 'nft' },
    formerSysctls: new FormerSysctls(folder, () => undefined),
    own: new OwnEffects(),
    knownClean: new Set(),
    uncut: await Uncut.open(folder, () => undefined),
  };
}

/** The passes of a daemon that has looked at that host once. */
async function havingLooked(asked: string[]): Promise<WatchPasses> {
  const good = await loadText('networks.yaml', 'networks: {}\n');
  if (!good.ok) throw new Error(JSON.stringify(good.problems));
  const log = openLog(new PassThrough().resume(), { format: 'text', debug: false });
  const report = new WatchReport({ version: '0', instance: 'x', path: '', log, pidsAreOurs: true });
  const ignore = () => undefined;
  const passes = new WatchPasses({ report, signal, hearsInside: true, onLooked: ignore, onDoubt: ignore });
  const host = await emptyHost(asked);
  const { end } = await passes.run({ host, good, causes: [{ kind: 'start' }], signal, meanwhile: () => [] });
  expect(end).toMatchObject({ changed: false, settled: true });
  return passes;
}

test('a container that starts is asked about as soon as that is heard', async () => {
  const asked: string[] = [];
  const passes = await havingLooked(asked);
  expect(asked).toEqual([]);
  await passes.heard(start, true);
  expect(asked).toEqual(['web']);
});

test('but not where somebody waits for it, who would wait for the answer, too', async () => {
  const asked: string[] = [];
  const passes = await havingLooked(asked);
  expect(passes.heard(start, false)).toBeUndefined();
  expect(asked).toEqual([]);
});
