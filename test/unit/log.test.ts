import { Writable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { NetwrightError } from '../../src/errors.ts';
import { errorFields, type Log, type LogOptions, logOptions, openLog } from '../../src/log.ts';

async function logged(options: Partial<LogOptions>, say: (log: Log) => void): Promise<string> {
  let text = '';
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString();
      done();
    },
  });
  say(openLog(stream, { format: 'text', debug: false, ...options }));
  await nextTurn();
  return text;
}

test('a line for people has the time, the level, the message and the fields', async () => {
  const text = await logged({}, (log) =>
    log.info('changed', { at: 'networks.yaml:3:1', change: '+ allow a' }),
  );
  expect(text).toMatch(/^\d\d:\d\d:\d\d info {3}changed {2}at=networks\.yaml:3:1 change="\+ allow a"\n$/);
});

test('with LOG_FORMAT=json every line is a document', async () => {
  const text = await logged({ format: 'json' }, (log) =>
    log.warn('file problem', { problem: 'no\nsuch', n: 2 }),
  );
  expect(JSON.parse(text)).toEqual({
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) as string,
    level: 'warn',
    message: 'file problem',
    problem: 'no\nsuch',
    n: 2,
  });
});

test('debug is said only when it is asked for', async () => {
  expect(await logged({}, (log) => log.debug('pass'))).toBe('');
  expect(await logged({ debug: true }, (log) => log.debug('pass'))).toContain('debug  pass');
});

test('fields given once are on every line, first', async () => {
  const text = await logged({}, (log) => {
    const ofPass = log.with({ pass: 'a1' });
    ofPass.info('one');
    ofPass.error('two', { n: 1 });
  });
  expect(text).toMatch(/info {3}one {2}pass=a1\n.* error {2}two {2}pass=a1 n=1\n$/);
});

test.each(['text', 'json'] as const)(
  'no value of a field starts a line or speaks to the terminal (%s)',
  async (format) => {
    const evil = 'web\n12:00:00 info  all is well\r\u001b[2J\u009b31m\u2028\u202e';
    const text = await logged({ format }, (log) =>
      log.info('changed', { name: evil, list: [evil], key: { evil } }),
    );
    expect(text.trimEnd()).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    expect(text.split('\n')).toHaveLength(2);
  },
);

test('an expected error is its code and hint, a bug keeps its stack', () => {
  expect(errorFields(new NetwrightError('LOCKED', 'somebody is here', { hint: 'wait' }))).toEqual({
    code: 'LOCKED',
    error: 'somebody is here',
    hint: 'wait',
  });
  expect(errorFields(new TypeError('x is undefined'))).toMatchObject({
    error: 'x is undefined',
    stack: expect.stringContaining('log.test.ts') as string,
  });
});

test('DEBUG and LOG_FORMAT choose', () => {
  expect(logOptions({})).toEqual({ format: 'text', debug: false });
  expect(logOptions({ DEBUG: 'true', LOG_FORMAT: 'json' })).toEqual({ format: 'json', debug: true });
  expect(logOptions({ DEBUG: '0', LOG_FORMAT: 'text' })).toEqual({ format: 'text', debug: false });
  expect(logOptions({ DEBUG: 'express:*', LOG_FORMAT: '' })).toEqual({ format: 'text', debug: false });
});

test.each(['xml', 'JSON'])('LOG_FORMAT=%s is a mistake', (LOG_FORMAT) => {
  expect(() => logOptions({ LOG_FORMAT })).toThrow(
    expect.objectContaining({
      code: 'USAGE',
      message: `LOG_FORMAT is ${LOG_FORMAT}, which is no format`,
      hint: 'use json or text',
    }) as Error,
  );
});
