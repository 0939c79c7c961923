import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { load } from '../../src/load/load.ts';

const examples = fileURLToPath(new URL('../../examples/', import.meta.url));
const files = readdirSync(examples, { recursive: true, encoding: 'utf8' }).filter((path) =>
  /(^|\/)networks\.(json|ya?ml)$/.test(path),
);

interface ComposeFile {
  readonly services: Readonly<Record<string, Service>>;
  readonly networks: Readonly<Record<string, { readonly name: string; readonly ipam: unknown }>>;
}

interface Service {
  readonly container_name?: string;
  readonly networks?: Readonly<Record<string, { readonly ipv4_address: string }>>;
}

describe('the examples', () => {
  test('are there', () => {
    expect(files.sort()).toEqual([
      'compose/config/networks.yaml',
      'demo/networks.yaml',
      'network-go/networks.json',
      'sentry-bottle/config/networks.yaml',
      'vpn-gateway/config/networks.yaml',
      'wake-on-connect/config/networks.yaml',
    ]);
  });

  test.each(files)('%s loads', async (path) => {
    const loaded = await load(`${examples}${path}`);
    expect(loaded).toMatchObject({ ok: true });
    if (loaded.ok && !path.startsWith('network-go/')) expect(loaded.warnings).toEqual([]);
  });
});

test('the file in the README loads without a warning', async () => {
  const readme = readFileSync(fileURLToPath(new URL('../../README.md', import.meta.url)), 'utf8');
  const [, text = ''] = /^```yaml\n(.*?)^```$/ms.exec(readme) ?? [];
  const folder = mkdtempSync(join(tmpdir(), 'netwright-readme-'));
  try {
    writeFileSync(join(folder, 'networks.yaml'), text);
    const loaded = await load(join(folder, 'networks.yaml'));
    expect(loaded).toMatchObject({ ok: true, warnings: [] });
    if (loaded.ok) expect(loaded.config.policies).toHaveLength(5);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

describe('the compose file', () => {
  const compose = parse(readFileSync(`${examples}compose/compose.yaml`, 'utf8')) as ComposeFile;

  test('gives netwright what it needs and nothing more', () => {
    expect(compose.services['netwright']).toMatchObject({
      network_mode: 'host',
      pid: 'host',
      cap_drop: ['ALL'],
      cap_add: ['NET_ADMIN', 'NET_RAW', 'SYS_ADMIN', 'SYS_PTRACE'],
      read_only: true,
      volumes: [
        '/var/run/docker.sock:/var/run/docker.sock',
        './config:/etc/user/config:ro',
        '/run/netwright:/run/netwright',
      ],
    });
  });

  test('has the networks and addresses of its networks file', async () => {
    const loaded = await load(`${examples}compose/config/networks.yaml`);
    if (!loaded.ok) throw new Error('it does not load');
    const networks = Object.values(compose.networks).map(({ name, ipam }) => [name, ipam]);
    expect(networks).toEqual(
      loaded.config.networks.map(({ name, subnets }) => [
        name,
        { config: subnets.map(({ subnet }) => ({ subnet })) },
      ]),
    );
    const addresses = Object.values(compose.services).flatMap(({ container_name: name, networks: places }) =>
      Object.values(places ?? {}).map(({ ipv4_address: address }) => [name, address]),
    );
    expect(addresses).toEqual(loaded.config.ips.map(({ containerName, ip }) => [containerName, ip]));
  });
});

describe('the compose file of the VPN gateway', () => {
  const folder = `${examples}vpn-gateway/`;
  const compose = parse(readFileSync(`${folder}compose.yaml`, 'utf8')) as ComposeFile;

  test('makes what its networks file speaks of', async () => {
    const loaded = await load(`${folder}config/networks.yaml`);
    if (!loaded.ok) throw new Error('it does not load');
    const { networks, ips, discovery, routing } = loaded.config;
    for (const { name, subnets } of networks)
      expect(compose.networks[name]).toMatchObject({
        name,
        ipam: { config: subnets.map(({ subnet }) => ({ subnet })) },
      });
    expect(ips.map(({ containerName, ip }) => [containerName, ip])).toEqual([
      ['vpn', compose.services['vpn']?.networks?.['internal']?.ipv4_address],
    ]);
    expect(discovery.map((entry) => [entry.network, entry.in])).toEqual([['internal', 'vpn']]);
    const { via } = routing[0]?.routes.find(({ table }) => table === 200) ?? {};
    expect(compose.networks['provider']).toMatchObject({
      ipam: { config: [{ gateway: via }] },
      driver_opts: { 'com.docker.network.bridge.name': 'br-provider' },
    });
    expect(routing.find((entry) => entry.in === 'host')?.sysctls[0]?.key).toContain('.br-provider.');
    for (const name of ['web', 'app'])
      expect(compose.services[name]).toMatchObject({ labels: { 'network.enable': 'true' } });
  });
});

const hasSystemd = ['/usr/bin/systemd-analyze', '/bin/systemd-analyze'].some((path) => existsSync(path));

test.skipIf(!hasSystemd)('systemd finds nothing to complain about in the unit', () => {
  const unit = `${examples}systemd/netwright.service`;
  // Of what the unit mentions only programs must exist, and they need not be where this machine has them.
  const said = execFileSync('sh', ['-c', 'systemd-analyze verify "$1" 2>&1 || :', 'sh', unit], {
    encoding: 'utf8',
  });
  expect(
    said.split('\n').filter((line) => line.includes('netwright.service') && !/not executable/.test(line)),
  ).toEqual([]);
});
