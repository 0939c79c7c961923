import { execFileSync, spawn } from 'node:child_process';
import { renameSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { config, engine, file, netwright, quantile, start, startContainer } from './host.mjs';

const edits = 100;
const restarts = 30;
const policies = 100;

/** The daemon: from a saved file to the rule in the kernel, from a flush to its repair, from a container's start to the rules inside. */
export async function measureWatch() {
  await startContainer('loadbalancer');
  await startContainer('vpn');
  const inside = { nat: 'dnat', selector: 'vpn', to: 'loadbalancer', port: 8080, proto: 'tcp' };
  const save = (changed) => {
    const content = config(policies, { changed });
    writeFileSync(`${file}.new`, JSON.stringify({ ...content, policies: [inside, ...content.policies] }));
    renameSync(`${file}.new`, file);
  };
  save(0);
  const kernel = watchKernel();
  const daemon = start('watch', '-f', file);
  daemon.stdout.resume();
  await kernel.sees(/dport 1000 /);
  await sleep(1500);
  const saved = await saves(save, kernel);
  const flushed = await flushes(kernel);
  const started = await starts();
  daemon.kill('SIGTERM');
  await new Promise((resolve) => daemon.once('exit', resolve));
  kernel.end();
  await netwright('destroy');
  for (const name of ['vpn', 'loadbalancer']) await engine('DELETE', `/containers/${name}?force=1`);
  return [
    ...percentiles(`file saved to rule in the kernel, ${policies} policies`, saved, 'p99 under 250 ms'),
    ...percentiles('filter table flushed to repaired', flushed, 'well under 1 s'),
    ...percentiles('container started to its rules inside', started, 'p99 under 250 ms'),
  ];
}

function percentiles(what, times, target) {
  return [
    { what: `${what}: p50 of ${times.length}`, ms: quantile(times, 0.5) },
    { what: `${what}: p99 of ${times.length}`, ms: quantile(times, 0.99), target },
  ];
}

/** The kernel's own word for what changed in its rules, as it changes. */
function watchKernel() {
  const monitor = spawn('stdbuf', ['-oL', 'nft', 'monitor', 'rules'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let waiting = [];
  createInterface({ input: monitor.stdout }).on('line', (line) => {
    const at = performance.now();
    if (!line.startsWith('add rule')) return;
    waiting = waiting.filter(({ pattern, resolve }) => {
      if (!pattern.test(line)) return true;
      resolve(at);
      return false;
    });
  });
  return {
    /** Settles with the moment such a rule was added; rejects after ten seconds. */
    sees: (pattern) =>
      new Promise((resolve, reject) => {
        waiting.push({ pattern, resolve });
        setTimeout(() => reject(new Error(`the kernel got no rule ${pattern}`)), 10_000).unref();
      }),
    end: () => monitor.kill(),
  };
}

async function saves(save, kernel) {
  const times = [];
  for (let changed = 1; changed <= edits; changed++) {
    const seen = kernel.sees(new RegExp(`dport ${1000 + changed} `));
    const began = performance.now();
    save(changed);
    times.push((await seen) - began);
    await sleep(20 + ((changed * 37) % 80));
  }
  return times;
}

async function flushes(kernel) {
  const times = [];
  for (let count = 0; count < 20; count++) {
    await sleep(100 + ((count * 53) % 100));
    const seen = kernel.sees(new RegExp(`dport ${1000 + edits} `));
    execFileSync('iptables-nft', ['-F', 'NETWRIGHT-FORWARD']);
    const began = performance.now();
    times.push((await seen) - began);
  }
  return times;
}

async function starts() {
  const times = [];
  for (let count = 0; count < restarts; count++) {
    await engine('POST', '/containers/vpn/stop?t=0');
    await sleep(100 + ((count * 29) % 100));
    await engine('POST', '/containers/vpn/start');
    const began = performance.now();
    const { State } = await engine('GET', '/containers/vpn/json');
    const look = ['-t', `${State.Pid}`, '-n', 'iptables-nft-save', '-t', 'nat'];
    while (!execFileSync('nsenter', look, { encoding: 'utf8' }).includes('dnat tcp/8080')) {
      if (performance.now() - began > 10_000) throw new Error('the container got no rules');
      await sleep(2);
    }
    times.push(performance.now() - began);
  }
  return times;
}
