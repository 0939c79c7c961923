import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { openLog } from '../../../src/log.ts';
import { Contention, usualContention } from '../../../src/watch/contention.ts';
import { Watch } from '../../../src/watch/watch.ts';
import type { WatchOptions } from '../../../src/watch/watch-options.ts';

/** A watch of nothing, that notes what it does. */
function watchOf(signal: AbortSignal) {
  const did: string[] = [];
  const does = (what: string) => () => {
    did.push(what);
  };
  const options: WatchOptions<{ readonly ok: false }> = {
    load: () => Promise.resolve({ ok: false }),
    open: () => {
      did.push('asks the engine');
      return new Promise(() => undefined);
    },
    begin: () => Promise.resolve(),
    pass: () => Promise.reject(new Error('there is no good file')),
    onReading: does('reads'),
    onUp: does('up'),
    onEvent: () => {
      did.push('event');
      return undefined;
    },
    onAway: does('away'),
    contention: new Contention({ contested: does('contested'), over: does('over') }, usualContention),
    givesWay: () => undefined,
    log: openLog(new PassThrough(), { debug: false, format: 'text' }),
    period: 1000,
    env: process.env,
    signal,
  };
  return { watch: new Watch(options), did };
}

test('a watch that was told to end before it began ends, and asks nobody', { timeout: 10_000 }, async () => {
  const { watch, did } = watchOf(AbortSignal.abort());
  await watch.run();
  expect(did).not.toContain('asks the engine');
});
