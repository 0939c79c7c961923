import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { engine, folder, program, run, save, until } from './host.mjs';

/** Where clients outside reach the host. */
export const hostAddress = '10.99.0.1';
const place = 'bench-lan';

/** A machine beyond the host's interface `lan0`; `stop` ends it. */
export async function clientOutside() {
  const ip = (...argv) => run('ip', argv);
  await ip('netns', 'add', place);
  await ip('link', 'add', 'lan0', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', place);
  await ip('address', 'add', `${hostAddress}/24`, 'dev', 'lan0');
  await ip('link', 'set', 'lan0', 'up');
  await ip('-n', place, 'address', 'add', '10.99.0.2/24', 'dev', 'eth0');
  await ip('-n', place, 'link', 'set', 'eth0', 'up');
  return {
    perl: (script, ...argv) => run('ip', ['netns', 'exec', place, 'perl', '-e', script, ...argv.map(String)]),
    // The namespace takes its interfaces with it only some time later.
    stop: async () => {
      await ip('link', 'delete', 'lan0');
      await ip('netns', 'delete', place);
    },
  };
}

/** A container that runs a program of the host's root, made, not started. */
export async function ofTheHost(name, argv) {
  await engine('POST', `/containers/create?name=${name}`, {
    Image: 'busybox',
    Cmd: argv,
    HostConfig: { Binds: ['/usr:/usr:ro', '/usr/lib:/lib:ro', '/usr/lib64:/lib64:ro', `${folder}:/report`] },
  });
}

export const start = (name) => engine('POST', `/containers/${name}/start`);
export const remove = (name) => engine('DELETE', `/containers/${name}?force=true`);
export const addressOf = async (name) =>
  (await engine('GET', `/containers/${name}/json`)).NetworkSettings.IPAddress;

/** The daemon with these entries, in step with them once this resolves; `said` waits for the next line of its log that has the words. */
export async function startDaemon(onDemand, env = {}) {
  const file = join(folder, 'on-demand.json');
  save(file, JSON.stringify({ on_demand: onDemand }));
  const child = spawn(process.execPath, [program, 'watch', '-f', file], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, LOG_FORMAT: 'json', DEBUG: '1', ...env },
  });
  const lines = [];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  const ended = new Promise((resolve) => child.once('exit', resolve));
  let seen = 0;
  const isSaid = (words) => {
    const found = lines.findIndex(
      (line, index) => index >= seen && words.every((word) => line.includes(word)),
    );
    if (found >= 0) seen = found + 1;
    return found >= 0;
  };
  const daemon = {
    said: async (...words) => {
      const otherwise = () => `the daemon did not say ${words.join(' ')}, but:\n${lines.join('\n')}`;
      await until(() => isSaid(words), otherwise, 10);
    },
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
  await daemon.said('"message":"pass"');
  return daemon;
}
