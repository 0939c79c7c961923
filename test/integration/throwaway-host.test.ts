import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startHost, type ThrowawayHost } from '../host/throwaway-host.ts';

const run = fileURLToPath(new URL('../host/run', import.meta.url));

describe('a throwaway host with docker', () => {
  let host: ThrowawayHost;
  beforeAll(async () => {
    host = await startHost({ engineArgs: ['--userland-proxy=false'] });
    await host.network('front', { subnet: ['172.30.1.0/24', 'fd30:1::/64'] });
    await host.network('back', { subnet: '172.30.2.0/24' });
    await host.container('web', { networks: { front: { ipv4: '172.30.1.10', ipv6: 'fd30:1::10' } }, ports: ['8080:80'] });
    await host.container('app', { networks: ['front'] });
    await host.container('db', { networks: ['back'] });
  });
  afterAll(() => host.stop());
  test('answers', async () => {
    await expect(host.docker.ping()).resolves.toBeDefined();
  });
});
