import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { engine, engineEvents, folder, netwright, quantile, run, save, startWatch, times } from './host.mjs';

const starts = times(30);
const crowd = times(100);
const network = 'labelled';
const firstPort = 20_000;
const file = join(folder, 'labels.json');
const tunnelAddress = '10.9.0.2';

/** Asks ports through the tunnel, each until it answers, and says when: a line `port milliseconds-since-1970`. */
const asking = `
const { connect } = require('node:net');
function ask(port) {
  let told = false;
  const again = () => { if (!told) { told = true; socket.destroy(); setTimeout(ask, 2, port); } };
  const socket = connect(port, '${tunnelAddress}', () => socket.write('GET / HTTP/1.0\\r\\n\\r\\n'));
  socket.setTimeout(200, again).on('error', again).on('close', again).on('data', () => {
    if (told) return;
    told = true;
    socket.destroy();
    console.log(port, performance.timeOrigin + performance.now());
  });
}
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => ask(Number(line)));`;

/** Containers that ask for a port by label: from the engine's word that one has started until its port answers through a WireGuard tunnel. */
export async function measureLabels() {
  await raiseTunnel();
  await engine('POST', '/networks/create', {
    Name: network,
    IPAM: { Config: [{ Subnet: '172.29.0.0/22' }] },
  });
  save(file, JSON.stringify({ discovery: [{ network, dnat_iface: 'wg0' }] }));
  const daemon = await startWatch(file);
  const client = startClient();
  const one = [];
  for (let index = 0; index < starts; index++) {
    const [took] = (await started([firstPort + index], client)).took;
    one.push(took);
    await sleep(300);
  }
  const many = await started(
    Array.from({ length: crowd }, (_, index) => firstPort + starts + index),
    client,
  );
  client.end();
  await daemon.stop();
  await netwright('destroy', '-f', file);
  return [
    {
      what: `labelled container started to its port answering through the tunnel: p50 of ${starts}`,
      ms: quantile(one, 0.5),
    },
    {
      what: `labelled container started to its port answering through the tunnel: p99 of ${starts}`,
      ms: quantile(one, 0.99),
    },
    {
      what: `${crowd} labelled containers asked to start at once: from each start to its port, p50`,
      ms: quantile(many.took, 0.5),
    },
    {
      what: `${crowd} labelled containers asked to start at once: from each start to its port, p99`,
      ms: quantile(many.took, 0.99),
    },
    {
      what: `${crowd} labelled containers asked to start at once: from the last start until all answer`,
      ms: many.afterLast,
      against: `the engine took ${(many.engineMs / 1000).toFixed(1)} s to start them`,
    },
  ];
}

/** Makes a container for each port, then starts them all at once; removes them when all have answered. */
async function started(ports, client) {
  const nameOf = (port) => `labelled-${port}`;
  await inTurns(ports, (port) =>
    engine('POST', `/containers/create?name=${nameOf(port)}`, {
      Image: 'busybox',
      Cmd: ['httpd', '-f', '-p', '80', '-h', '/'],
      StopSignal: 'SIGKILL',
      Labels: { 'network.enable': 'true', 'network.dnat.ports': `${port}:80` },
      HostConfig: { NetworkMode: network },
    }),
  );
  const began = new Map();
  const events = await engineEvents({ type: ['container'], event: ['start'] }, (event) => {
    const port = Number(event.Actor.Attributes.name.replace('labelled-', ''));
    began.set(port, event.timeNano / 1e6);
  });
  const answered = client.ask(ports);
  const asked = Date.now();
  await Promise.all(ports.map((port) => engine('POST', `/containers/${nameOf(port)}/start`)));
  const at = await answered;
  events.destroy();
  await inTurns(ports, (port) => engine('DELETE', `/containers/${nameOf(port)}?force=true`));
  const last = Math.max(...began.values());
  return {
    took: ports.map((port) => at.get(port) - began.get(port)),
    afterLast: Math.max(...at.values()) - last,
    engineMs: last - asked,
  };
}

async function inTurns(list, work) {
  const waiting = list.values();
  const worker = async () => {
    for (const item of waiting) await work(item);
  };
  await Promise.all([worker(), worker(), worker(), worker()]);
}

function startClient() {
  const child = spawn('ip', ['netns', 'exec', 'far', process.execPath, '-e', asking], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const waiting = new Map();
  createInterface({ input: child.stdout }).on('line', (line) => {
    const [port, at] = line.split(' ').map(Number);
    waiting.get(port)?.(at);
  });
  return {
    ask: async (ports) => {
      const answers = ports.map(
        (port) => new Promise((resolve) => waiting.set(port, (at) => resolve([port, at]))),
      );
      child.stdin.write(ports.map((port) => `${port}\n`).join(''));
      return new Map(await Promise.all(answers));
    },
    end: () => child.kill(),
  };
}

/** A WireGuard tunnel to a network namespace called `far`. */
async function raiseTunnel() {
  await run('sh', [
    '-euc',
    `ip netns add far; ip -n far link set lo up
     ip link add wan0 type veth peer name eth0 netns far
     ip address add 10.8.0.2/24 dev wan0; ip link set wan0 up
     ip -n far address add 10.8.0.1/24 dev eth0; ip -n far link set eth0 up`,
  ]);
  const key = async () => (await run('wg', ['genkey'])).trim();
  const [far, near] = [await key(), await key()];
  const publicOf = async (secret) => (await run('wg', ['pubkey'], secret)).trim();
  const up = async (name, config, ...prefix) => {
    const path = join(folder, `${name}.conf`);
    writeFileSync(path, config, { mode: 0o600 });
    const argv = [...prefix, 'env', 'WG_QUICK_USERSPACE_IMPLEMENTATION=wireguard-go', 'wg-quick', 'up', path];
    await run(argv[0], argv.slice(1));
  };
  const peer = async (secret, more) => `[Peer]\nPublicKey = ${await publicOf(secret)}\n${more}\n`;
  const farEnd = `[Interface]\nPrivateKey = ${far}\nAddress = 10.9.0.1/24\nListenPort = 51820\n`;
  await up(
    'wgfar',
    farEnd + (await peer(near, `AllowedIPs = ${tunnelAddress}/32`)),
    'nsenter',
    '--net=/run/netns/far',
  );
  const nearEnd = `[Interface]\nPrivateKey = ${near}\nAddress = ${tunnelAddress}/24\nTable = off\n`;
  const way = 'AllowedIPs = 0.0.0.0/0\nEndpoint = 10.8.0.1:51820\nPersistentKeepalive = 1';
  await up('wg0', nearEnd + (await peer(far, way)));
}
