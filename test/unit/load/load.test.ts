import { createHash } from 'node:crypto';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { load } from '../../../src/load/load.ts';
import { directoryOf, linesOf, loadText } from './directory.ts';

const example = new URL('../../../examples/network-go/networks.json', import.meta.url).pathname;

describe("network-go's own file", () => {
  it('loads, and its oddities are warnings', async () => {
    const loaded = await load(example);
    expect(loaded.ok).toBe(true);
    expect(linesOf(loaded).map((line) => line.replace(example, 'networks.json'))).toEqual([
      'networks.json:31:25  warning: container_name "smarthost_loadbalancer" is not the container of selector "smarthostloadbalancer"',
      '  the selector counts: write "smarthostloadbalancer", or leave container_name out',
      'networks.json:33:15  warning: nothing in the file is called "publicbackend"',
      '  it waits for a container of that name',
      'networks.json:39:25  warning: container_name "smarthost_loadbalancer" is not the container of selector "smarthostloadbalancer"',
      '  the selector counts: write "smarthostloadbalancer", or leave container_name out',
    ]);
  });

  it('gives networks, addresses and policies with their places', async () => {
    const loaded = await load(example);
    if (!loaded.ok) throw new Error(linesOf(loaded).join('\n'));
    const { config } = loaded;
    expect(config.networks.map(({ name, subnets }) => [name, subnets])).toEqual([
      ['smarthost-loadbalancer', [{ family: 4, subnet: '172.18.103.0/24', gateway: '172.18.103.1' }]],
      ['smarthost_backend-1', [{ family: 4, subnet: '172.18.104.0/24', gateway: '172.18.104.1' }]],
    ]);
    expect(config.ips.map(({ ip, network, containerName }) => [ip, network, containerName])).toEqual([
      ['172.18.103.2', 'smarthost-loadbalancer', 'smarthostloadbalancer'],
      ['172.18.104.2', 'smarthost_backend-1', 'smarthostbackend-1'],
    ]);
    expect(config.policies[1]).toMatchObject({
      index: 1,
      nat: 'dnat',
      iface: 'wg0',
      to: ['smarthostloadbalancer'],
      ports: [{ from: 80, to: 80 }],
      proto: 'tcp',
      action: 'accept',
    });
    expect(config.policies.map(({ origin }) => loaded.locate(origin))).toEqual([
      { line: 29, column: 5 },
      { line: 37, column: 5 },
    ]);
    expect(config.ips.map(({ origin }) => loaded.locate(origin)?.line)).toEqual([15, 21]);
  });

  it('has the MD5 of its content as digest', async () => {
    const { digest } = await load(example);
    expect(digest).toBe(
      createHash('md5')
        .update(await readFile(example))
        .digest('hex'),
    );
  });
});

describe('a file', () => {
  it('is read as YAML by its ending, and as either without one', async () => {
    for (const [name, text] of [
      ['a.yaml', 'strict: true'],
      ['a.yml', '{"strict": true}'],
      ['networks', '{"strict": true}'],
      ['networks', 'strict: true'],
      ['a.json', '\uFEFF{\r\n"strict": true\r\n}\r\n'],
      ['a.yaml', '\uFEFFstrict: true\r\npolicies: []\r\n'],
    ] as const) {
      const loaded = await loadText(name, text);
      expect(loaded.ok && loaded.config.strict, `${name}: ${text}`).toBe(true);
    }
  });

  it('may use anchors and merge keys', async () => {
    const loaded = await loadText(
      'a.yaml',
      'x-web: &web { proto: udp, port: 53 }\npolicies:\n  - { <<: *web, from: any, to: 10.0.0.1 }\n',
    );
    expect(loaded.ok && loaded.config.policies[0]).toMatchObject({
      proto: 'udp',
      ports: [{ from: 53, to: 53 }],
    });
  });

  it('keeps port 22:22 and 022 from becoming other numbers', async () => {
    expect(linesOf(await loadText('a.yaml', 'policies: [{ from: any, to: any, port: 22:22 }]'))).toEqual([
      'a.yaml:1:40  policies[0].port: expected a port from 1 to 65535, a range such as "8000-8100", or a list of these, found "22:22"',
    ]);
    const loaded = await loadText('b.yaml', 'policies: [{ from: any, to: any, port: 022 }]');
    expect(loaded.ok && loaded.config.policies[0]?.ports).toEqual([{ from: 22, to: 22 }]);
  });

  it('that is not there, or cannot be read, is a problem', async () => {
    const directory = await directoryOf({});
    expect(linesOf(await load(join(directory, 'none.json')))).toEqual([
      'none.json:1:1  there is no such file',
    ]);
    await symlink('loop.json', join(directory, 'loop.json'));
    expect(linesOf(await load(join(directory, 'loop.json')))).toEqual([
      'loop.json:1:1  a symbolic link that leads back to itself',
    ]);
  });

  it('of more than 16 MiB is refused unread', async () => {
    expect(linesOf(await loadText('a.json', new Uint8Array(16 * 1024 * 1024 + 1)))).toEqual([
      'a.json:1:1  a file of more than 16 MiB',
    ]);
  });

  it('is reached through symbolic links', async () => {
    const directory = await directoryOf({ 'real.json': '{"strict": true}' });
    await symlink('real.json', join(directory, 'link.json'));
    expect((await load(join(directory, 'link.json'))).ok).toBe(true);
  });
});

describe('a directory', () => {
  it('is the merge of its files in name order; hidden and other files are not read', async () => {
    const directory = await directoryOf({
      'b.yaml': 'policies: [{ from: any, to: 10.0.0.2 }]',
      'a.json':
        '{"strict": true, "networks": {"n": {"subnet": "10.0.0.0/24"}}, "policies": [{"from": "any", "to": "10.0.0.1"}]}',
      'c.yml': 'ips: { 10.0.0.9: { container_name: web } }',
      '.d.yaml': 'nonsense',
      'README.md': 'nonsense',
    });
    await mkdir(join(directory, '..data'));
    const loaded = await load(directory);
    if (!loaded.ok) throw new Error(linesOf(loaded).join('\n'));
    expect(loaded.config.strict).toBe(true);
    expect(loaded.config.policies.map(({ index, to, origin }) => [index, to, origin])).toEqual([
      [0, ['10.0.0.1'], { file: join(directory, 'a.json'), pointer: '/policies/0' }],
      [1, ['10.0.0.2'], { file: join(directory, 'b.yaml'), pointer: '/policies/0' }],
    ]);
    expect(loaded.config.ips[0]?.network).toBe('n');
  });

  it('with a key or a setting in two files names both places', async () => {
    const directory = await directoryOf({
      'a.yaml': 'strict: true\nnetworks:\n  front: { subnet: 10.0.0.0/24 }\n',
      'b.yaml': 'networks:\n  front: { subnet: 10.1.0.0/24 }\nstrict: true\n',
    });
    expect(linesOf(await load(directory))).toEqual([
      'b.yaml:2:3  the key "front" of networks is there twice; the other is at a.yaml:3:3',
      'b.yaml:3:1  strict is there twice; the other is at a.yaml:1:1',
    ]);
  });

  it('with no file in it is a problem, not an empty configuration', async () => {
    const directory = await directoryOf({ 'README.md': '' });
    expect(linesOf(await load(directory))).toHaveLength(1);
    expect(linesOf(await load(directory))[0]).toContain('the directory has no *.json, *.yaml or *.yml file');
  });

  it('tells the problems of every file at once', async () => {
    const directory = await directoryOf({ 'a.json': '{', 'b.yaml': 'polices: []', 'c.json': '' });
    expect(linesOf(await load(directory))).toEqual([
      'a.json:1:2  the file ends where a key in double quotes should be',
      '  is the file half-written?',
      'b.yaml:1:1  unknown key "polices"',
      '  did you mean "policies"?',
      'c.json:1:1  the file is empty',
      '  to have nothing, write {}',
    ]);
  });

  it('has another digest when a file is renamed or changed, and the same when neither', async () => {
    const directory = await directoryOf({ 'a.json': '{}', 'b.json': '{}' });
    const { digest } = await load(directory);
    expect((await load(directory)).digest).toBe(digest);
    await writeFile(join(directory, 'b.json'), '{ }');
    expect((await load(directory)).digest).not.toBe(digest);
  });
});
