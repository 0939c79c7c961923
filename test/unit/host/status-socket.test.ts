import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readStatus, serveStatus, statusPath } from '../../../src/host/status-socket.ts';
import { ownership } from '../../../src/model/ownership.ts';
import type { Status } from '../../../src/model/status.ts';

const status = (instance: string): Status => ({
  version: '0.1.0',
  instance,
  file: { path: '/etc/user/config/networks.json', state: 'in force', problems: [] },
  inForce: Array.from({ length: 5000 }, (_, index) => ({
    area: 'namespace',
    text: `allow a → b tcp/${index}`,
  })),
  pending: [],
  waiting: [],
  refused: [],
  warnings: [],
  failed: [],
  contested: [],
});

let folder = '';
let path = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'netwright-status-'));
  path = join(folder, 'default', 'status.sock');
});
afterEach(() => rm(folder, { recursive: true }));

test('a status that is served is read whole, each time as it is then', async () => {
  let passes = 0;
  const server = await serveStatus(path, () => Promise.resolve(status(`pass${passes++}`)));
  expect(await readStatus(path)).toEqual(status('pass0'));
  expect(await readStatus(path)).toEqual(status('pass1'));
  await server.close();
  expect(await readStatus(path)).toBeUndefined();
});

test('the folder of the socket is closed to others', async () => {
  const server = await serveStatus(path, () => Promise.resolve(status('default')));
  expect((await stat(join(folder, 'default'))).mode & 0o777).toBe(0o700);
  await server.close();
});

test('the socket of a daemon that was killed is replaced, that of a living one is not', async () => {
  await serveStatus(path, () => Promise.resolve(status('first'))).then((server) => server.close());
  const script = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
  spawnSync(process.execPath, ['-e', script]);
  expect((await stat(path)).isSocket()).toBe(true);
  const server = await serveStatus(path, () => Promise.resolve(status('second')));
  await expect(serveStatus(path, () => Promise.resolve(status('third')))).rejects.toMatchObject({
    code: 'LOCKED',
  });
  expect(await readStatus(path)).toMatchObject({ instance: 'second' });
  await server.close();
});

test('every instance has its own socket under /run', () => {
  expect(statusPath(ownership('blue'))).toBe('/run/netwright/blue/status.sock');
});
