import { expect, test } from 'vitest';
import { Hurry, unlessHurried } from '../../../src/cli/hurry.ts';

const forever = (signal: AbortSignal) =>
  new Promise<string>((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error('ended')), { once: true });
    if (signal.aborted) reject(new Error('ended'));
  });

test('work gives way to a container that starts', async () => {
  const hurry = new Hurry();
  hurry.begin([]);
  const work = unlessHurried(new AbortController().signal, hurry.signal, forever);
  hurry.started();
  expect(await work).toBeUndefined();
});

test('and to one that started just before it began', async () => {
  const hurry = new Hurry();
  hurry.begin([{ kind: 'engine', urgent: true }]);
  expect(await unlessHurried(new AbortController().signal, hurry.signal, forever)).toBeUndefined();
});

test('but not to what is part of it', async () => {
  const hurry = new Hurry();
  hurry.started();
  hurry.begin([{ kind: 'engine' }]);
  expect(await unlessHurried(new AbortController().signal, hurry.signal, () => Promise.resolve('all'))).toBe(
    'all',
  );
});

test('and is ended as ever by who stops the daemon', async () => {
  const stopping = new AbortController();
  const hurry = new Hurry();
  const work = unlessHurried(stopping.signal, hurry.signal, forever);
  stopping.abort();
  hurry.started();
  await expect(work).rejects.toThrow('ended');
});

test('a failure of its own is told', async () => {
  const failing = unlessHurried(new AbortController().signal, new Hurry().signal, () =>
    Promise.reject(new Error('refused')),
  );
  await expect(failing).rejects.toThrow('refused');
});
