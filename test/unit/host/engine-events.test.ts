import { expect, test } from 'vitest';
import { readEvent, readEvents } from '../../../src/host/engine-events.ts';

const start = {
  Type: 'container',
  Action: 'start',
  Actor: { ID: 'c1', Attributes: { name: 'web', exitCode: '0', odd: 5 } },
};
const event = { type: 'container', action: 'start', id: 'c1', attributes: { name: 'web', exitCode: '0' } };

async function* chunks(...texts: readonly (string | Uint8Array)[]) {
  for (const text of texts) yield await Promise.resolve(typeof text === 'string' ? Buffer.from(text) : text);
}

async function collect(stream: AsyncIterable<unknown>, signal: AbortSignal) {
  const told: unknown[] = [];
  const ended = await (async () => {
    for await (const one of readEvents(stream, signal)) told.push(one);
    return 'ended';
  })().catch((error: unknown) => error);
  return { told, ended };
}

test('events come one by one however the stream is cut', async () => {
  const { signal } = new AbortController();
  const bytes = Buffer.from(
    `${JSON.stringify({ ...start, Actor: { ID: 'ü' } })}\n${JSON.stringify(start)}\n`,
  );
  const cut = bytes.indexOf(0xc3) + 1;
  const { told } = await collect(chunks(bytes.subarray(0, cut), bytes.subarray(cut)), signal);
  expect(told).toEqual([{ ...event, id: 'ü', attributes: {} }, event]);
});

test('a stream that ends is told from one that was stopped', async () => {
  const { signal } = new AbortController();
  expect(await collect(chunks(), signal)).toMatchObject({ ended: { code: 'ENGINE_UNREACHABLE' } });
  expect(await collect(chunks(), AbortSignal.abort())).toEqual({ told: [], ended: 'ended' });
});

test('a line without end ends the stream', async () => {
  const { signal } = new AbortController();
  const { ended } = await collect(chunks('x'.repeat(2_000_000)), signal);
  expect(ended).toMatchObject({ code: 'ENGINE_UNREACHABLE' });
});

test.each(['', 'null', '[]', '{"Type":"image","Action":"pull"}', '{"Type":', '5'])(
  '%j is no event',
  (line) => {
    expect(readEvent(line)).toBeUndefined();
  },
);

test('an event of an engine that says it the old way is read too', () => {
  expect(readEvent(JSON.stringify({ Type: 'container', status: 'die', id: 'c1' }))).toEqual({
    type: 'container',
    action: 'die',
    id: 'c1',
    attributes: {},
  });
});
