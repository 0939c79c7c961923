import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const socketPath = process.env.DOCKER_HOST?.replace(/^unix:\/\//, '');
if (socketPath === undefined) throw new Error('run this on a throwaway host: npm run bench');

export const dist = join(import.meta.dirname, '../../dist');
export const folder = mkdtempSync(join(tmpdir(), 'netwright-bench-'));
export const file = join(folder, 'networks.json');
const execute = promisify(execFile);

/** One call of the engine's API; rejects when the engine refuses. */
export function engine(method, path, body) {
  return new Promise((resolve, reject) => {
    const call = request(
      { socketPath, method, path, headers: { 'content-type': 'application/json' } },
      async (answer) => {
        const text = (await answer.toArray()).join('');
        if (answer.statusCode >= 400) reject(new Error(`${method} ${path}: ${text}`));
        else resolve(text === '' ? undefined : JSON.parse(text));
      },
    );
    call.on('error', reject);
    call.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

export async function startContainer(name) {
  await engine('POST', `/containers/create?name=${name}`, { Image: 'busybox', Cmd: ['sleep', '100000'] });
  await engine('POST', `/containers/${name}/start`);
}

/** A command to its end; rejects when it fails, so that no figure is of a failure. */
export async function run(command, args, input) {
  const child = execute(command, args, { maxBuffer: 1 << 28, env: process.env });
  child.child.stdin?.end(input);
  return (await child).stdout;
}

export const netwright = (...args) => run(process.execPath, [join(dist, 'main.js'), ...args]);
export const start = (...args) =>
  spawn(process.execPath, [join(dist, 'main.js'), ...args], { stdio: ['ignore', 'pipe', 'inherit'] });

export async function time(work) {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

export function quantile(times, part) {
  const sorted = times.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
}

export const median = (times) => quantile(times, 0.5);

/** The median of several runs, each prepared anew; the first is not counted. */
export async function medianOf(runs, work, prepare = async () => undefined) {
  const times = [];
  for (let index = 0; index <= runs; index++) {
    await prepare();
    const took = await time(work);
    if (index > 0) times.push(took);
  }
  return median(times);
}

/** A file with as many policies as told, each from another client to one container. */
export function config(policies, { changed = 0 } = {}) {
  return {
    networks: { front: { subnet: '172.18.103.0/24', gateway: '172.18.103.1' } },
    ips: { '172.18.103.2': { container_name: 'loadbalancer' } },
    policies: Array.from({ length: policies }, (_, index) => ({
      from: `10.${Math.floor(index / 250)}.${index % 250}.7`,
      to: 'loadbalancer',
      port: index === policies - 1 ? 1000 + changed : 80,
      proto: 'tcp',
    })),
  };
}

export const write = (policies, options) => writeFileSync(file, JSON.stringify(config(policies, options)));
