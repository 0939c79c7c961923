import { expect, test } from 'vitest';
import type { Engine } from '../../../src/host/engine.ts';
import type { EngineEvent } from '../../../src/host/engine-events.ts';
import { Inspections } from '../../../src/watch/inspections.ts';

const { signal } = new AbortController();
const start = (id: string): EngineEvent => ({ type: 'container', action: 'start', id, attributes: {} });
const connect: EngineEvent = {
  type: 'network',
  action: 'connect',
  id: 'n',
  attributes: { container: 'web' },
};

/** What is said of each, once it is told to answer. */
function engineThat(answers: (id: string) => Promise<unknown>): Engine {
  const engine: Partial<Engine> = { inspectContainer: (id) => answers(id) };
  return engine as Engine;
}

test('a container that has started is asked about at once, and what is said of it is taken once', async () => {
  const inspections = new Inspections();
  await inspections.heard(
    start('web'),
    engineThat((id) => Promise.resolve(`says ${id}`)),
    signal,
  );
  expect(inspections.take(['web', 'db'])).toEqual(new Map([['web', 'says web']]));
  expect(inspections.take(['web'])).toEqual(new Map());
});

test('no more than a start is waited for', () => {
  const inspections = new Inspections();
  const engine = engineThat(() => Promise.resolve('said'));
  expect(inspections.heard({ ...start('web'), action: 'die' }, engine, signal)).toBeUndefined();
  expect(inspections.heard(connect, engine, signal)).toBeUndefined();
  expect(inspections.heard(start('web'), undefined, signal)).toBeUndefined();
});

test('what was said before something else happened to it is not taken', async () => {
  const inspections = new Inspections();
  const engine = engineThat(() => Promise.resolve('old'));
  await inspections.heard(start('web'), engine, signal);
  void inspections.heard(connect, engine, signal);
  expect(inspections.take(['web'])).toEqual(new Map());
});

test('nor what was being said meanwhile', async () => {
  const inspections = new Inspections();
  let answer: (said: string) => void = () => undefined;
  const saying = new Promise((resolve) => {
    answer = resolve;
  });
  const heard = inspections.heard(
    start('web'),
    engineThat(() => saying),
    signal,
  );
  void inspections.heard({ ...start('web'), action: 'die' }, undefined, signal);
  answer('old');
  await heard;
  expect(inspections.take(['web'])).toEqual(new Map());
});

test('an engine that fails to answer is asked again by whoever looks', async () => {
  const inspections = new Inspections();
  await inspections.heard(
    start('web'),
    engineThat(() => Promise.reject(new Error('no'))),
    signal,
  );
  expect(inspections.take(['web'])).toEqual(new Map());
});
