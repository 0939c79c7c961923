import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { acquireLock, lockedInstances, lockHolder } from '../../../src/host/lock.ts';
import { type Ownership, ownership } from '../../../src/model/ownership.ts';

let instances = 0;
/** Another name for every test: the machine's network namespace is shared. */
const fresh = (): Ownership =>
  ownership(`t${process.pid.toString(36).slice(-4)}${(instances++).toString(36)}`);

const nameOf = ({ instance }: Ownership): string => `\0${`netwright.${instance}.lock`.padEnd(107, '\0')}`;

const apply = { command: 'apply', version: '0.1.0' };
const watch = { command: 'watch', version: '0.1.0' };

describe('the lock of an instance', () => {
  test('is held by one at a time, and says by whom', async () => {
    const mine = fresh();
    const lock = await acquireLock(mine, apply, { waitMs: 0 });
    expect(await lockHolder(mine)).toMatchObject({ pid: process.pid, command: 'apply', version: '0.1.0' });
    await expect(acquireLock(mine, apply, { waitMs: 0 })).rejects.toMatchObject({
      code: 'LOCKED',
      message: expect.stringContaining(`netwright apply 0.1.0, pid ${process.pid} there, on `) as string,
    });
    await lock.release();
    expect(await lockHolder(mine)).toBeUndefined();
    await (await acquireLock(mine, apply, { waitMs: 0 })).release();
  });

  test('of another instance is another lock', async () => {
    const locks = await Promise.all(
      [fresh(), fresh()].map((each) => acquireLock(each, apply, { waitMs: 0 })),
    );
    await Promise.all(locks.map((lock) => lock.release()));
  });

  test('held by a command is waited for', async () => {
    const mine = fresh();
    const lock = await acquireLock(mine, apply, { waitMs: 0 });
    setTimeout(() => void lock.release(), 250);
    const second = await acquireLock(mine, apply, { waitMs: 5000 });
    await second.release();
  });

  test('held by a daemon is not waited for', async () => {
    const mine = fresh();
    const lock = await acquireLock(mine, watch, { waitMs: 0 });
    const start = Date.now();
    await expect(
      acquireLock(mine, apply, { waitMs: 60_000, daemonHint: 'stop the daemon' }),
    ).rejects.toMatchObject({ code: 'LOCKED', hint: 'stop the daemon' });
    expect(Date.now() - start).toBeLessThan(5000);
    await lock.release();
  });

  test('waiting for it ends when the signal says so', async () => {
    const mine = fresh();
    const lock = await acquireLock(mine, apply, { waitMs: 0 });
    const signal = AbortSignal.timeout(150);
    await expect(acquireLock(mine, apply, { waitMs: 60_000, signal })).rejects.toThrow();
    expect(signal.aborted).toBe(true);
    await lock.release();
  });

  test('is free again when its holder was killed', async () => {
    const mine = fresh();
    const script = `
      const { createServer } = require('node:net');
      createServer((connection) => connection.end('no JSON')).listen(${JSON.stringify(nameOf(mine))}, () => console.log('locked'));`;
    const holder = spawn(process.execPath, ['-e', script]);
    const ended = once(holder, 'exit');
    await once(holder.stdout, 'data');
    expect(await lockHolder(mine)).toBe('unknown');
    await expect(acquireLock(mine, apply, { waitMs: 0 })).rejects.toMatchObject({ code: 'LOCKED' });
    holder.kill('SIGKILL');
    await ended;
    expect(await lockHolder(mine)).toBeUndefined();
    await (await acquireLock(mine, apply, { waitMs: 0 })).release();
  });

  test('is listed among those that are held', async () => {
    const mine = fresh();
    expect(await lockedInstances()).not.toContain(mine.instance);
    const lock = await acquireLock(mine, apply, { waitMs: 0 });
    expect(await lockedInstances()).toContain(mine.instance);
    await lock.release();
  });

  test('keeps no process alive', async () => {
    const before = process.getActiveResourcesInfo();
    const lock = await acquireLock(fresh(), apply, { waitMs: 0 });
    expect(process.getActiveResourcesInfo().filter((name) => name.startsWith('Pipe'))).toEqual(
      before.filter((name) => name.startsWith('Pipe')),
    );
    await lock.release();
  });

  test('is not blocked by somebody who connects and says nothing', async () => {
    const mine = fresh();
    const lock = await acquireLock(mine, apply, { waitMs: 0 });
    const silent = connect(nameOf(mine));
    await once(silent, 'connect');
    await lock.release();
    silent.destroy();
  });
});
