import { fileURLToPath } from 'node:url';
import type { OnDemandStatus, Status } from '../../src/model/status.ts';
import type { Container, ContainerOptions } from '../host/container.ts';
import type { HostProcess } from '../host/host-process.ts';
import type { Place } from '../host/inside.ts';
import type { Outside } from '../host/outside.ts';
import { type HostOptions, startHost, type ThrowawayHost } from '../host/throwaway-host.ts';
import { until } from './daemon-scene.ts';

/** What a client got: a body, or how it failed. */
export interface Answer {
  readonly body?: string;
  readonly error?: string;
  readonly milliseconds: number;
}

/** A host with a client outside, and containers that sleep. */
export interface WakeScene {
  readonly host: ThrowawayHost;
  readonly lan: Outside;
  /** Where the client reaches the host. */
  readonly address: string;
}

/** The time in which a loaded machine does what it should. */
export const limit = 30_000;

export async function startWakeScene(options: HostOptions = {}): Promise<WakeScene> {
  const host = await startHost(options);
  const lan = await host.outside('lan0', ['10.9.0.1/24', 'fd09::1/64'], ['10.9.0.2/24', 'fd09::2/64']);
  return { host, lan, address: '10.9.0.1' };
}

/** A web server at port 80, or where it is said, that says its container's name at `/`, and the client's address at `/cgi-bin/who`; made, not started. */
export async function webServer(
  { host }: WakeScene,
  name: string,
  {
    before = ':',
    at = '80',
    ...options
  }: ContainerOptions & { readonly before?: string; readonly at?: string } = {},
): Promise<Container> {
  const script = `
    ${before}
    mkdir -p /www/cgi-bin && echo ${name} > /www/index.html
    printf '#!/bin/sh\\nprintf "Content-Type: text/plain\\\\r\\\\n\\\\r\\\\n$REMOTE_ADDR"\\n' > /www/cgi-bin/who
    chmod +x /www/cgi-bin/who
    exec httpd -f -p ${at} -h /www`;
  return await host.container(name, { cmd: ['sh', '-c', script], start: false, ...options });
}

/** The daemon with these entries, and what else the file says, listening. */
export async function startDaemon(
  { host }: WakeScene,
  onDemand: object,
  rest: object = {},
): Promise<HostProcess> {
  const daemon = await host.startNetwright(['watch'], {
    file: host.write('networks.json', { ...rest, on_demand: onDemand }),
    env: { LOG_FORMAT: 'json', DEBUG: '1' },
  });
  await daemon.waitForLine(/"message":"pass"/, limit);
  return daemon;
}

const client = fileURLToPath(new URL('wake-client.mjs', import.meta.url));

/** Asks so many times, all at once or with gaps of one to five times so many ms. */
export async function ask(
  { host, lan, address }: WakeScene,
  port: number,
  options: {
    readonly from?: Place;
    readonly to?: string;
    readonly path?: string;
    readonly count?: number;
    readonly everyMs?: number;
  } = {},
): Promise<readonly Answer[]> {
  const { from = lan, to = address, path = '/', count = 1, everyMs = 0 } = options;
  const argv = [process.execPath, client, to, port, path, count, everyMs].map(String);
  const { stdout, stderr, exitCode } = await host.exec(argv, { in: from, timeout: 120_000 });
  if (exitCode !== 0) throw new Error(`the client failed: ${stderr}`);
  return JSON.parse(stdout) as readonly Answer[];
}

export async function statusOf(
  { host }: Pick<WakeScene, 'host'>,
  name: string,
  tries = 3,
): Promise<OnDemandStatus> {
  const { stdout } = await host.netwright(['status', '--json']);
  const { onDemand } = JSON.parse(stdout) as Status;
  // A daemon that does not answer within five seconds, on a machine that is busy, is not asked again by `status`.
  if (onDemand === undefined && tries > 1) return await statusOf({ host }, name, tries - 1);
  const found = onDemand?.find((each) => each.name === name);
  if (found === undefined) throw new Error(`the status says nothing of ${name}: ${stdout}`);
  return found;
}

/** Whom the container's web server sees at `/cgi-bin/who`, IPv4 not written as IPv6; undefined where there was no answer. */
export async function clientSeen(
  scene: WakeScene,
  port: number,
  options: { readonly from?: Place; readonly to?: string } = {},
): Promise<string | undefined> {
  const [answer] = await ask(scene, port, { path: '/cgi-bin/who', ...options });
  return answer?.body?.replace(/^\[?(::ffff:)?|\]$/g, '');
}

/** As the work ends; where it fails, with the end of the daemon's log. */
export async function withLog<T>(daemon: HostProcess, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw new Error(daemon.lines.slice(-60).join('\n'), { cause: error });
  }
}

/** Waits for a state, as `status` tells it. */
export async function untilState(
  scene: WakeScene,
  name: string,
  state: OnDemandStatus['state'],
): Promise<void> {
  await until(`${name} ${state}`, limit, async () => (await statusOf(scene, name)).state === state);
}

export async function isRunning(container: Container): Promise<boolean> {
  return (await container.inspect()).State.Running;
}
