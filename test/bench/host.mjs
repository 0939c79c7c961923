import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, renameSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { shareOut } from './processor-share.mjs';
import { members, tiers } from './scene.mjs';

export const socketPath = process.env.DOCKER_HOST?.replace(/^unix:\/\//, '');
if (socketPath === undefined) throw new Error('run this on a throwaway host: npm run bench');

/** A tenth of everything, to see that it works: no figure of it is worth anything. */
export const quick = process.argv.includes('--quick');
/** How often, or how many: a tenth where it is to be quick. */
export const times = (count) => (quick ? Math.ceil(count / 10) : count);
export const build = join(import.meta.dirname, '../../build');
export const program = join(import.meta.dirname, '../../dist/main.js');
export const folder = mkdtempSync(join(tmpdir(), 'netwright-bench-'));
export const jsonFile = join(folder, 'networks.json');
export const yamlFile = join(folder, 'networks.yaml');
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

/** The engine's events of one kind as they come; ends with the answer's `destroy`. */
export function engineEvents(filters, onEvent) {
  return new Promise((resolve, reject) => {
    const path = `/events?filters=${encodeURIComponent(JSON.stringify(filters))}`;
    const call = request({ socketPath, path }, (answer) => {
      let begun = '';
      answer.setEncoding('utf8').on('data', (text) => {
        const lines = (begun + text).split('\n');
        begun = lines.pop();
        for (const line of lines) if (line.trim() !== '') onEvent(JSON.parse(line));
      });
      answer.on('error', () => undefined);
      resolve(answer);
    });
    call.on('error', reject);
    call.end();
  });
}

/** The scene's networks, made by the engine before netwright comes, and its containers in them, four at a time. */
export async function buildScene() {
  for (const { name, subnet, gateway } of tiers) {
    await engine('POST', '/networks/create', {
      Name: name,
      IPAM: { Config: [{ Subnet: subnet, Gateway: gateway }] },
    });
  }
  const waiting = members.values();
  const worker = async () => {
    for (const { name, network, ip } of waiting) {
      await engine('POST', `/containers/create?name=${name}`, {
        Image: 'busybox',
        Cmd: ['sleep', '100000'],
        StopSignal: 'SIGKILL',
        HostConfig: { NetworkMode: network },
        NetworkingConfig: { EndpointsConfig: { [network]: { IPAMConfig: { IPv4Address: ip } } } },
      });
      await engine('POST', `/containers/${name}/start`);
    }
  };
  await Promise.all([worker(), worker(), worker(), worker()]);
}

export const pidOf = async (name) => (await engine('GET', `/containers/${name}/json`)).State.Pid;

/** A command to its end; rejects when it fails, so that no figure is of a failure. */
export async function run(command, args, input) {
  const child = execute(command, args, { maxBuffer: 1 << 28, env: process.env });
  child.child.stdin?.end(input);
  return (await child).stdout;
}

export const netwright = (...args) => run(process.execPath, [program, ...args]);

/** The daemon, in step with the file once this resolves; `stop` ends it. `share`: as in `shareOut`, where it has one of its own. */
export async function startWatch(file, share) {
  const child = spawn(process.execPath, [program, 'watch', '-f', file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  child.stdout.resume();
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const back = share === undefined ? undefined : shareOut(child.pid, 'watch', share);
  await until(async () => (await statusOf())?.lastPass?.converged === true, 'the daemon did not converge');
  return {
    pid: child.pid,
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
      back?.();
    },
  };
}

async function statusOf() {
  try {
    return JSON.parse(await netwright('status', '--json'));
  } catch {
    return undefined;
  }
}

/** Waits for something to be so; rejects after half a minute. */
export async function until(isSo, otherwise, everyMs = 100) {
  const end = performance.now() + 30_000;
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(typeof otherwise === 'function' ? otherwise() : otherwise);
    await sleep(everyMs);
  }
}

/** Puts a file in the place of another in one step, as editors do. */
export function save(file, text) {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}

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
