import { expect, test } from 'vitest';
import { spawnLines } from '../../../src/host/line-stream.ts';

const env = { PATH: '/usr/bin:/bin' };

test('what a program prints comes line by line, and its end is told with its last words', async () => {
  const { signal } = new AbortController();
  const lines: string[] = [];
  const reading = (async () => {
    const script = 'printf "one\\ntwo\\nthr"; sleep 0.1; printf "ee"; echo "no such device" >&2; exit 3';
    for await (const line of spawnLines(['sh', '-c', script], { env, signal })) lines.push(line);
  })();
  await expect(reading).rejects.toMatchObject({
    code: 'COMMAND_FAILED',
    message: 'sh ended: no such device',
  });
  expect(lines).toEqual(['one', 'two', 'three']);
});

test('a program that is not there is named', async () => {
  const { signal } = new AbortController();
  await expect(spawnLines(['no-such-program'], { env, signal }).next()).rejects.toMatchObject({
    code: 'COMMAND_MISSING',
  });
});

test('the signal ends a program that does not listen', async () => {
  const stop = new AbortController();
  const lines = spawnLines(['sh', '-c', 'trap "" TERM; echo $$; while :; do sleep 1; done'], {
    env,
    signal: stop.signal,
  });
  const { value: pid } = await lines.next();
  stop.abort();
  expect(await lines.next()).toEqual({ done: true, value: undefined });
  expect(() => process.kill(Number(pid), 0)).toThrow('ESRCH');
});
