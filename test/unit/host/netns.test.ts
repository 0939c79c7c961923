import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, readlink } from 'node:fs/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { Namespaces } from '../../../src/host/netns.ts';

const namespaceOf = (pid: number) => readlink(`/proc/${pid}/ns/net`);

describe.runIf(process.getuid?.() === 0)("a container's network namespace", () => {
  const children: ChildProcess[] = [];
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });

  /** A process in a network namespace of its own. */
  const start = async (): Promise<{ readonly pid: number; readonly end: () => Promise<void> }> => {
    const child = spawn('unshare', ['--net', 'sh', '-c', 'echo; exec sleep 60'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    children.push(child);
    await once(child.stdout, 'data');
    const end = async () => {
      child.kill('SIGKILL');
      await once(child, 'exit');
    };
    return { pid: child.pid ?? 0, end };
  };

  test('is that of its process, and is entered by an open handle', async () => {
    const { pid } = await start();
    const namespaces = await Namespaces.open();
    const found = namespaces.identify([{ containerId: 'c1', pid, mayBeHost: false }]);
    const id = found.get('c1') ?? '';
    expect(id).toBe(await namespaceOf(pid));
    expect(namespaces.of('c1')).toBe(id);
    const entered = await namespaces.enter(id, async ({ handle, procNet, confirm }) => {
      confirm();
      expect(await readFile(`${procNet}/dev`, 'utf8')).not.toContain('eth0');
      return await readlink(`/proc/self/fd/${handle}`);
    });
    expect(entered).toBe(id);
  });

  test('is gone with its process, also while somebody is in it', async () => {
    const { pid, end } = await start();
    const namespaces = await Namespaces.open();
    const found = namespaces.identify([{ containerId: 'c1', pid, mayBeHost: false }]);
    const id = found.get('c1') ?? '';
    const entered = namespaces.enter(id, async ({ confirm }) => {
      await end();
      confirm();
    });
    await expect(entered).rejects.toMatchObject({ code: 'NAMESPACE_GONE' });
    await expect(namespaces.enter(id, () => Promise.resolve())).rejects.toMatchObject({
      code: 'NAMESPACE_GONE',
    });
    expect(namespaces.identify([{ containerId: 'c1', pid, mayBeHost: false }])).toEqual(new Map());
  });

  test('is another one once its process has gone there', async () => {
    const child = spawn(
      'unshare',
      ['--net', 'sh', '-c', 'echo; read line; exec unshare --net sh -c "echo; exec sleep 60"'],
      { stdio: ['pipe', 'pipe', 'ignore'] },
    );
    children.push(child);
    await once(child.stdout, 'data');
    const running = [{ containerId: 'c1', pid: child.pid ?? 0, mayBeHost: false }];
    const namespaces = await Namespaces.open();
    const first = namespaces.identify(running);
    expect(namespaces.identify(running)).toEqual(first);
    child.stdin.end('\n');
    await once(child.stdout, 'data');
    const id = namespaces.identify(running).get('c1');
    expect(id).toBe(await namespaceOf(child.pid ?? 0));
    expect(id).not.toBe(first.get('c1'));
  });

  test('is never the host’s, unless the container is meant to be there', async () => {
    const namespaces = await Namespaces.open();
    const self = { containerId: 'c1', pid: process.pid };
    expect(namespaces.identify([{ ...self, mayBeHost: false }])).toEqual(new Map());
    await expect(
      namespaces.enter(await namespaceOf(process.pid), () => Promise.resolve()),
    ).rejects.toMatchObject({
      code: 'NAMESPACE_GONE',
    });
    expect(namespaces.identify([{ ...self, mayBeHost: true }])).toEqual(new Map([['c1', 'host']]));
  });

  test('that two share stays while one of them does', async () => {
    const owner = await start();
    const guest = spawn('nsenter', [`--net=/proc/${owner.pid}/ns/net`, 'sh', '-c', 'echo; exec sleep 60'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    children.push(guest);
    await once(guest.stdout, 'data');
    const namespaces = await Namespaces.open();
    const found = namespaces.identify([
      { containerId: 'c1', pid: owner.pid, mayBeHost: false },
      { containerId: 'c2', pid: guest.pid ?? 0, mayBeHost: false },
    ]);
    const id = found.get('c1') ?? '';
    expect(found.get('c2')).toBe(id);
    await owner.end();
    expect(await namespaces.enter(id, () => Promise.resolve('entered'))).toBe('entered');
  });
});
