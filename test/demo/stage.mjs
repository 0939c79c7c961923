// The host the demo plays on: sample containers, a machine outside, packets between them, and netwright itself.
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import Dockerode from 'dockerode';
import { coloured, output } from './telling.mjs';

const program = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const getFile = fileURLToPath(new URL('./get.mjs', import.meta.url));
const run = promisify(execFile);
const env = { ...process.env, FORCE_COLOR: coloured ? '1' : '0' };

export const docker = new Dockerode({ socketPath: process.env.DOCKER_HOST.replace('unix://', '') });
export const folder = mkdtempSync(join('/run', 'demo-'));

/** Runs a command, which must succeed. */
export const sh = async (...argv) => (await run(argv[0], argv.slice(1))).stdout;

/** The same, with text on its standard input. */
export const shInput = async (program, text) => {
  const running = run(program);
  running.child.stdin.end(text);
  await running;
};

/** Starts a container that is in no network; with a port it says there who it is and who asked. */
export const startContainer = async (name, port) => {
  const who = `#!/bin/sh\nprintf 'Content-Type: text/plain\\r\\n\\r\\n%s %s\\n' ${name} "$REMOTE_ADDR"\n`;
  const serve = `mkdir -p /www/cgi-bin; echo "$WHO" >/www/cgi-bin/who; chmod +x /www/cgi-bin/who; httpd -p ${port} -h /www;`;
  const wait = 'trap "exit 0" TERM; while :; do sleep 3600 & wait $!; done';
  await docker.createContainer({
    name,
    Image: 'busybox',
    Env: [`WHO=${who}`],
    Cmd: ['sh', '-c', `${port === undefined ? '' : serve} ${wait}`],
  });
  await docker.getNetwork('bridge').disconnect({ Container: name });
  await docker.getContainer(name).start();
};

/** A machine behind the host's new interface. */
export const plugIn = async (name, ifname, hostAddress, address) => {
  await sh('ip', 'netns', 'add', name);
  await sh('ip', 'link', 'add', ifname, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name);
  await sh('ip', 'address', 'add', `${hostAddress}/24`, 'dev', ifname);
  await sh('ip', 'link', 'set', ifname, 'up');
  await sh('ip', '-n', name, 'address', 'add', `${address}/24`, 'dev', 'eth0');
  await sh('ip', '-n', name, 'link', 'set', 'eth0', 'up');
  await sh('ip', '-n', name, 'route', 'add', 'default', 'via', hostAddress);
};

export const containerNamespace = async (name) =>
  `/proc/${(await docker.getContainer(name).inspect()).State.Pid}/ns/net`;

const namespaceOf = async (name) =>
  name === 'laptop' ? '/run/netns/laptop' : await containerNamespace(name);

/** What becomes of a connection from there; a probe that itself fails rejects. */
export const connect = async (from, address, port) =>
  JSON.parse(
    await sh('nsenter', `--net=${await namespaceOf(from)}`, '--', process.execPath, getFile, address, port),
  );

export const rules = async (table, namespace) => {
  const enter = namespace === undefined ? [] : ['nsenter', `--net=${namespace}`, '--'];
  return (await sh(...enter, 'iptables-save', '-t', table))
    .replace(/^#.*\n/gm, '')
    .replace(/\[\d+:\d+\]/g, '[0:0]');
};

/** Everything netwright may change on the host, to be compared. */
export const snapshot = async () => {
  const networks = await docker.listNetworks();
  const parts = {
    'the rules (iptables-save)': (
      await Promise.all(['filter', 'nat', 'mangle', 'raw'].map((table) => rules(table)))
    ).join(),
    'the routes and routing rules': `${await sh('ip', 'route', 'show', 'table', 'all')}${await sh('ip', 'rule')}`,
    ip_forward: await sh('cat', '/proc/sys/net/ipv4/ip_forward'),
    "the engine's networks": networks
      .map(({ Name, Id }) => `${Name} ${Id}`)
      .sort()
      .join('\n'),
  };
  return parts;
};

/** Resolves with the milliseconds from `began` until it was so, or rejects after some seconds. */
export const until = async (what, isSo, began = performance.now()) => {
  while (!(await isSo())) {
    if (performance.now() - began > 8000) throw new Error(`not within 8 seconds: ${what}`);
    await sleep(2);
  }
  return Math.round(performance.now() - began);
};

/** Runs netwright in the demo's folder. */
export const netwright = async (...args) => {
  const done = await run(process.execPath, [program, ...args], { cwd: folder, env }).catch((error) => error);
  return { code: done.code ?? 0, text: `${done.stdout}${done.stderr}` };
};

/** Starts the daemon. Its log is shown when `show` is called, up to the first line that matches and for the rest of that moment. */
export const startWatch = (...args) => {
  const child = spawn(process.execPath, [program, 'watch', ...args], { cwd: folder, env });
  const lines = [];
  let shown = 0;
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on('line', (line) => lines.push(line));
  const ended = new Promise((resolve) => child.once('close', resolve));
  return {
    show: async (pattern) => {
      await until(`the daemon says ${pattern}`, () => lines.slice(shown).some((line) => pattern.test(line)));
      await sleep(20);
      output(lines.slice(shown).join('\n'));
      shown = lines.length;
    },
    stop: async () => {
      child.kill('SIGTERM');
      return await ended;
    },
  };
};
