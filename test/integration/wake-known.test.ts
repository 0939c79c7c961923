import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type EngineProxy, startEngineProxy } from './engine-proxy.ts';
import { entryOf, startWakeScene, type WakeScene } from './wake-scene.ts';

/** In ms: without news the containers are looked at less often than this, but for a renewed stream of events. */
const quietMs = 3000;

describe('containers that were listed before somebody connects', { timeout: 120_000 }, () => {
  let scene: WakeScene;
  let proxy: EngineProxy;
  let isDeaf = false;
  /** What the engine was asked, from the latest on. */
  let calls: string[] = [];
  let listedAt = 0;

  const asked = (path: string) => {
    calls.push(`GET ${path}`);
    if (path.startsWith('/containers/json')) listedAt = performance.now();
  };
  const container = (name: string) => scene.host.docker.getContainer(name);
  const idOf = async (name: string) => (await container(name).inspect()).Id;
  const starts = () => calls.filter((call) => call.endsWith('/start'));

  beforeAll(async () => {
    scene = await startWakeScene();
    for (const name of ['plain', 'made', 'renamed', 'grouped']) await scene.webServer(name);
    proxy = await startEngineProxy(scene.host, {
      before: (call) => {
        calls.push(call);
        return Promise.resolve();
      },
      asked: async (path) => {
        asked(path);
        // A stream of events that is renewed tells what was missed.
        if (path.startsWith('/events')) await scene.until('heard', () => Promise.resolve(!isDeaf));
      },
      isDeaf: () => isDeaf,
    });
    const entry = (listen: number, name: string) => entryOf(listen, name, { idle: 1 });
    await scene.watch(
      { plain: entry(9090, 'plain'), made: entry(9091, 'made'), renamed: entry(9092, 'renamed') },
      {},
      { DOCKER_HOST: proxy.dockerHost },
    );
  }, 120_000);
  afterAll(async () => {
    await proxy.close();
    await scene.stop();
  });

  beforeEach(async () => {
    for (const name of ['plain', 'made', 'renamed']) await scene.untilState(name, 'asleep');
    const isQuiet = () => Promise.resolve(performance.now() - listedAt > quietMs);
    await scene.until('nothing is looked at', isQuiet);
    calls = [];
  });

  test('are started at once, without being listed anew', async () => {
    await scene.answers(9090, 'plain');
    const first = calls.findIndex((call) => call.endsWith('/start'));
    expect(calls.slice(0, first + 1)).toEqual([`POST /containers/${await idOf('plain')}/start`]);
  });

  test('one that was made anew meanwhile, unheard, is found by its name', async () => {
    const before = await idOf('made');
    isDeaf = true;
    await container('made').remove({ force: true });
    await scene.webServer('made', { before: 'echo anew > /tmp/new' });
    await scene.answers(9091, 'made');
    isDeaf = false;
    expect(starts()).toEqual([
      `POST /containers/${before}/start`,
      `POST /containers/${await idOf('made')}/start`,
    ]);
  });

  test('one whose name another has meanwhile, unheard, is not who answers', async () => {
    isDeaf = true;
    await container('renamed').rename({ name: 'former' });
    await scene.webServer('another');
    await container('another').rename({ name: 'renamed' });
    await scene.answers(9092, 'another');
    isDeaf = false;
  });
});
