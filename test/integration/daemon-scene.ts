import { setTimeout as sleep } from 'node:timers/promises';
import type { Container } from '../host/container.ts';
import type { HostProcess } from '../host/host-process.ts';
import type { Place } from '../host/inside.ts';
import type { Outside } from '../host/outside.ts';
import type { ConnectOptions } from '../host/probes.ts';
import { type HostOptions, startHost, type ThrowawayHost } from '../host/throwaway-host.ts';

/** Two networks of netwright's, a policy, a DNAT on the host and one in a container, a route and a sysctl. */
export const sceneFile = {
  networks: {
    front: { subnet: '172.30.1.0/24', gateway: '172.30.1.1' },
    back: { subnet: '172.30.2.0/24' },
  },
  ips: {
    app: { ip: '172.30.1.10', container_name: 'app' },
    late: { ip: '172.30.1.11', container_name: 'late' },
    db: { ip: '172.30.2.10', container_name: 'db' },
  },
  policies: [
    { from: 'app', to: 'db', port: 5432 },
    { nat: 'dnat', iface: 'lan0', to: 'db', port: 8080, to_port: 5432 },
    { nat: 'dnat', in: 'app', to: 'db', port: 80, to_port: 5432 },
    { nat: 'dnat', in: 'late', to: 'db', port: 80, to_port: 5432 },
  ],
  routing: [
    {
      in: 'host',
      routes: [{ to: '10.60.0.0/24', via: '172.30.1.10' }],
      sysctls: { 'net.ipv4.conf.lan0.accept_redirects': 0 },
    },
  ],
} as const;

interface LogLine {
  readonly time: string;
  readonly level: string;
  readonly message: string;
  readonly what?: string;
  readonly found?: string;
  readonly by?: string;
  readonly because?: readonly string[];
  readonly changes?: number;
  readonly milliseconds?: number;
}

/** A host on which a daemon keeps the scene's file. */
export interface DaemonScene {
  readonly host: ThrowawayHost;
  readonly lan: Outside;
  readonly app: Container;
  readonly db: Container;
  readonly daemon: HostProcess;
  readonly path: string;
  /** What the daemon has logged so far. */
  log(): readonly LogLine[];
}

export interface SceneOptions extends HostOptions {
  /** The scene's own unless told. */
  readonly file?: object;
}

/** Resolves when the daemon has applied the file and is quiet. */
export async function startDaemonScene({
  file = sceneFile,
  ...options
}: SceneOptions = {}): Promise<DaemonScene> {
  const host = await startHost(options);
  const lan = await host.outside('lan0', '10.9.0.1/24', '10.9.0.2/24');
  const [app, db] = await Promise.all([host.container('app'), host.container('db')]);
  await host.listen(db, { port: 5432 });
  await host.listen(db, { port: 5433 });
  const path = host.write('networks.json', file);
  const daemon = await startDaemon(host, path);
  return {
    host,
    lan,
    app,
    db,
    daemon,
    path,
    log: () => daemon.lines.flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as LogLine] : [])),
  };
}

async function startDaemon(host: ThrowawayHost, file: string): Promise<HostProcess> {
  const env = { LOG_FORMAT: 'json', DEBUG: '1' };
  const daemon = await host.startNetwright(['watch'], { file, env });
  await daemon.waitForLine(/"message":"pass".*"changes":[1-9]/, 30_000);
  await untilQuiet(daemon);
  return daemon;
}

/** Resolves when the daemon has said nothing for a while. */
export async function untilQuiet(daemon: HostProcess, milliseconds = 400): Promise<void> {
  for (let seen = -1; seen !== daemon.lines.length; ) {
    seen = daemon.lines.length;
    await sleep(milliseconds);
  }
  daemon.forget();
}

/** What a new connection meets, in one word: who answers it, or how it fails. */
export async function meets(host: ThrowawayHost, from: Place, to: ConnectOptions): Promise<string> {
  const outcome = await host.connect(from, to);
  return outcome.kind === 'answered' ? outcome.by : outcome.kind;
}

/** Milliseconds from now until the packets meet what they should; rejects after `limit`. */
export async function until(what: string, limit: number, look: () => Promise<boolean>): Promise<number> {
  const began = performance.now();
  while (!(await look())) {
    if (performance.now() - began > limit) throw new Error(`not within ${limit} ms: ${what}`);
    await sleep(10);
  }
  const milliseconds = Math.round(performance.now() - began);
  console.info(`${what}: ${milliseconds} ms`);
  return milliseconds;
}
