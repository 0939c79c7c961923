import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { exitCodeOf, listenForInterruption } from '../../../src/cli/interruption.ts';

/** Gets signals as a process does, and only remembers that it was told to exit. */
class Target extends EventEmitter {
  readonly exits: number[] = [];
  exit(code: number): void {
    this.exits.push(code);
  }
}

test('the first signal asks to stop, the second ends the process at once', () => {
  const target = new Target();
  const interruption = listenForInterruption(target);
  expect(interruption.signal.aborted).toBe(false);
  target.emit('SIGTERM', 'SIGTERM');
  expect(interruption.signal.aborted).toBe(true);
  expect(interruption.by()).toBe('SIGTERM');
  expect(target.exits).toEqual([]);
  target.emit('SIGINT', 'SIGINT');
  expect(target.exits).toEqual([130]);
  expect(interruption.by()).toBe('SIGTERM');
});

test('afterwards signals have their usual effect', () => {
  const target = new Target();
  listenForInterruption(target).end();
  expect(target.listenerCount('SIGINT') + target.listenerCount('SIGTERM')).toBe(0);
});

test('exit codes are those a shell reports', () => {
  expect([exitCodeOf('SIGINT'), exitCodeOf('SIGTERM')]).toEqual([130, 143]);
});
