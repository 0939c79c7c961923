import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FormerSysctls, type Lives } from '../../../src/host/former-sysctls.ts';

const namespace = 'net:[4026532257]';
const forward = 'net.ipv4.ip_forward';
const thisBoot = JSON.stringify(readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim());

describe('what a sysctl was before', () => {
  let folder: string;
  beforeEach(async () => {
    folder = join(await mkdtemp(join(tmpdir(), 'former-')), 'default');
  });
  afterEach(() => rm(join(folder, '..'), { recursive: true }));

  const withProcesses = (...starts: readonly number[]): FormerSysctls => {
    const lives: Lives = (id) =>
      id !== namespace || starts.length === 0
        ? undefined
        : { eldest: Math.min(...starts), youngest: Math.max(...starts) };
    return new FormerSysctls(folder, lives);
  };
  const kept = async (former: FormerSysctls) =>
    [...(await former.read())].map(([id, values]) => [
      id,
      Object.fromEntries([...values].map(([key, { value }]) => [key, value])),
    ]);

  test('is known to the next process', async () => {
    await withProcesses().remember('host', forward, '0');
    expect(await kept(withProcesses())).toEqual([['host', { [forward]: '0' }]]);
  });

  test('is the first value that was seen, not one of our own', async () => {
    const former = withProcesses();
    await former.remember('host', forward, '0');
    await former.remember('host', forward, '1');
    expect(await kept(former)).toEqual([['host', { [forward]: '0' }]]);
  });

  test('is that of the interface that is there now, not of an earlier one of its name', async () => {
    const former = withProcesses();
    const key = 'net.ipv4.conf.wg0.rp_filter';
    await former.remember('host', key, '0', 7);
    await former.remember('host', key, '2', 7);
    expect((await withProcesses().read()).get('host')?.get(key)).toEqual({ value: '0', interfaceIndex: 7 });
    await former.remember('host', key, '1', 8);
    expect((await withProcesses().read()).get('host')?.get(key)).toEqual({ value: '1', interfaceIndex: 8 });
  });

  test('is forgotten alone', async () => {
    const former = withProcesses();
    await former.remember('host', forward, '0');
    await former.remember('host', 'net.ipv4.conf.all.rp_filter', '2');
    await former.forget('host', forward);
    await former.forget('host', forward);
    expect(await kept(former)).toEqual([['host', { 'net.ipv4.conf.all.rp_filter': '2' }]]);
  });

  test('survives many changes at once', async () => {
    const former = withProcesses(100);
    const keys = Array.from({ length: 20 }, (_, index) => `net.ipv4.conf.if${index}.rp_filter`);
    await Promise.all(keys.map((key, index) => former.remember(index % 2 ? 'host' : namespace, key, '0')));
    expect((await kept(former)).flatMap(([, values]) => Object.keys(values ?? {})).sort()).toEqual(
      keys.sort(),
    );
  });

  test('is not that of a later namespace of the same number', async () => {
    await withProcesses(100).remember(namespace, forward, '0');
    expect(await kept(withProcesses(500))).toEqual([]);
    await withProcesses(500).remember(namespace, forward, '1');
    expect(await kept(withProcesses(500))).toEqual([[namespace, { [forward]: '1' }]]);
  });

  test('stays while anybody who was in the namespace is still there', async () => {
    await withProcesses(100, 200).remember(namespace, forward, '0');
    expect(await kept(withProcesses(200, 900))).toEqual([[namespace, { [forward]: '0' }]]);
    expect(await kept(withProcesses(900))).toEqual([]);
    expect(await kept(withProcesses())).toEqual([]);
  });

  test('is for nobody else to read, and nothing of it is left beside it', async () => {
    await withProcesses().remember('host', forward, '0');
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    expect((await stat(join(folder, 'sysctls.json'))).mode & 0o777).toBe(0o600);
    await expect(readFile(join(folder, 'sysctls.json.new'))).rejects.toThrow('ENOENT');
  });

  test.each(['"another"', 'null'])('is nothing after a reboot, when the file is of boot %s', async (boot) => {
    await withProcesses(100).remember('host', forward, '0');
    await withProcesses(100).remember(namespace, forward, '0');
    const file = join(folder, 'sysctls.json');
    await writeFile(file, (await readFile(file, 'utf8')).replace(thisBoot, boot));
    expect(await kept(withProcesses(100))).toEqual([]);
    await withProcesses(100).remember('host', forward, '1');
    expect(await kept(withProcesses(100))).toEqual([['host', { [forward]: '1' }]]);
  });

  test('is nothing when the file does not say of which boot it is', async () => {
    await withProcesses().remember('host', forward, '0');
    const namespaces = { host: { values: { [forward]: '0' } } };
    for (const content of [namespaces, { namespaces }]) {
      await writeFile(join(folder, 'sysctls.json'), JSON.stringify(content));
      expect(await kept(withProcesses())).toEqual([]);
    }
  });

  test.each([
    '',
    '{',
    '[]',
    'null',
    `{"bootId":${thisBoot}}`,
    `{"bootId":${thisBoot},"namespaces":5}`,
    `{"bootId":${thisBoot},"namespaces":{"host":5}}`,
    `{"bootId":${thisBoot},"namespaces":{"host":{"values":{"a":5}}}}`,
  ])('is nothing when the file holds %j', async (content) => {
    await withProcesses().remember('host', forward, '0');
    await writeFile(join(folder, 'sysctls.json'), content);
    expect(
      (await kept(withProcesses())).filter(([, values]) => Object.keys(values ?? {}).length > 0),
    ).toEqual([]);
  });
});
