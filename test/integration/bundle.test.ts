import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const run = promisify(execFile);
const project = join(import.meta.dirname, '../..');

describe('what is installed', () => {
  let folder: string;
  const bundled = (): string =>
    readdirSync(join(folder, 'dist'))
      .filter((name) => name.endsWith('.js'))
      .map((name) => readFileSync(join(folder, 'dist', name), 'utf8'))
      .join('\n');

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'netwright-bundle-'));
    for (const name of ['dist', 'package.json'])
      cpSync(join(project, name), join(folder, name), { recursive: true });
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('needs no packages beside it', async () => {
    const program = join(folder, 'dist/main.js');
    const file = join(project, 'examples/demo/networks.yaml');
    const { version } = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8')) as {
      version: string;
    };
    expect((await run(program, ['--version'])).stdout).toBe(`${version}\n`);
    expect((await run(program, ['validate', '-f', file])).stdout).toMatch(/ is in order: /);
    // Far enough to have loaded all that speaks to an engine.
    const env = { ...process.env, DOCKER_HOST: 'unix:///no/engine.sock' };
    await expect(run(program, ['plan', '-f', file], { env })).rejects.toThrow(/no container engine answers/);
    const door = run(process.execPath, [join(folder, 'dist/knock-program.js')]);
    door.child.stdin?.end('[]');
    expect((await door).stdout).toBe('[]');
  });

  test('ends when all it has to say has been taken from it', async () => {
    const file = join(folder, 'long.json');
    const policies = Array.from({ length: 5000 }, (_, index) => ({
      from: '10.0.0.1',
      to: '10.0.1.1',
      port: index + 1,
    }));
    writeFileSync(file, JSON.stringify({ policies }));
    const program = join(folder, 'dist/main.js');
    const { stdout } = await run(program, ['validate', '--print', '--json', '-f', file], {
      maxBuffer: 1 << 24,
    });
    expect(JSON.parse(stdout)).toEqual({ policies });
  });

  test('comes without gRPC, protobuf and SSH', () => {
    expect(bundled()).toMatch(/node_modules\/docker-modem\//);
    expect(bundled()).not.toMatch(/node_modules\/(ssh2|@grpc|protobufjs)\//);
  });

  test('has the licence of every package in it', () => {
    const names = [...bundled().matchAll(/^\/\/ \S*node_modules\/((?:@[^/]+\/)?[^/]+)\//gm)].map(
      (found) => found[1],
    );
    const licences = readFileSync(join(folder, 'dist/licences.txt'), 'utf8');
    expect(names).toContain('yaml');
    for (const name of new Set(names)) expect(licences).toMatch(new RegExp(`^${name} \\d.* \\(.+\\)$`, 'm'));
  });
});
