import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
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

export interface AskOptions {
  readonly from?: Place;
  readonly to?: string;
  readonly path?: string;
  readonly count?: number;
  readonly everyMs?: number;
}

/** The time in which a loaded machine does what it should. */
export const limit = 30_000;

const client = fileURLToPath(new URL('wake-client.mjs', import.meta.url));

/** An entry for a container that is stopped at once, its port 80, or 53 for datagrams, and what else it says. */
export function entryOf(
  listen: number | string | readonly string[],
  name: string,
  fields: object = {},
): object {
  const port = [listen].flat().some((each) => String(each).endsWith('/udp')) ? 53 : 80;
  return { listen, target: { container_name: name, port }, stop_timeout: 0, ...fields };
}

export async function startWakeScene(options: HostOptions = {}): Promise<WakeScene> {
  const host = await startHost(options);
  const lan = await host.outside('lan0', ['10.9.0.1/24', 'fd09::1/64'], ['10.9.0.2/24', 'fd09::2/64']);
  return new WakeScene(host, lan);
}

/** A host with a client outside, containers that sleep, and a daemon that wakes them. */
export class WakeScene {
  readonly host: ThrowawayHost;
  readonly lan: Outside;
  /** Where the client reaches the host. */
  readonly address = '10.9.0.1';
  #daemon: HostProcess | undefined;

  constructor(host: ThrowawayHost, lan: Outside) {
    this.host = host;
    this.lan = lan;
  }

  /** The latest that was started. */
  get daemon(): HostProcess {
    if (this.#daemon === undefined) throw new Error('no daemon was started');
    return this.#daemon;
  }

  /** Starts the daemon with these entries, and what else the file says, and resolves when it listens. */
  async watch(
    onDemand: object,
    rest: object = {},
    env: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    this.#daemon = await this.host.startNetwright(['watch'], {
      file: this.rewrite(onDemand, rest),
      env: { LOG_FORMAT: 'json', DEBUG: '1', ...env },
    });
    await this.daemon.waitForLine(/"message":"pass"/, limit);
  }

  /** Gives the file other entries. */
  rewrite(onDemand: object, rest: object = {}): string {
    return this.host.write('networks.json', { ...rest, on_demand: onDemand });
  }

  async stop(): Promise<void> {
    await this.host.stop();
  }

  /**
   * A web server at port 80, or where it is said, that says its container's name at `/`, and the client's address at `/cgi-bin/who`; made, not started.
   * Its queue holds nine: of a hundred who come at once some wait a minute, on a busy machine, until their turn comes.
   */
  async webServer(
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
    return await this.host.container(name, { cmd: ['sh', '-c', script], start: false, ...options });
  }

  /** Asks so many times, all at once or with gaps of one to five times so many ms. */
  async ask(port: number, options: AskOptions = {}): Promise<readonly Answer[]> {
    const { from = this.lan, to = this.address, path = '/', count = 1, everyMs = 0 } = options;
    const argv = [process.execPath, client, to, port, path, count, everyMs].map(String);
    const { stdout, stderr, exitCode } = await this.told(
      this.host.exec(argv, { in: from, timeout: 120_000 }),
    );
    if (exitCode !== 0) throw new Error(`the client failed: ${stderr}`);
    return JSON.parse(stdout) as readonly Answer[];
  }

  /** Expects that whoever asks is answered so, each of them. */
  async answers(port: number, body: string, options: AskOptions = {}): Promise<void> {
    const met = (await this.ask(port, options)).map((answer) => answer.body ?? answer.error);
    expect(met, this.#log()).toEqual(Array(options.count ?? 1).fill(body));
  }

  /** Expects that whoever asks is sent away. */
  async refuses(port: number, options: AskOptions = {}): Promise<void> {
    expect(await this.ask(port, options), this.#log()).toMatchObject([{ error: 'ECONNRESET' }]);
  }

  /** Whom the container's web server sees at `/cgi-bin/who`, IPv4 not written as IPv6; undefined where there was no answer. */
  async clientSeen(port: number, options: Pick<AskOptions, 'from' | 'to'> = {}): Promise<string | undefined> {
    const [answer] = await this.ask(port, { path: '/cgi-bin/who', ...options });
    return answer?.body?.replace(/^\[?(::ffff:)?|\]$/g, '');
  }

  /** A client that is connected and sends nothing, until it is killed or the connection ends. */
  async quietClient(port: number): Promise<HostProcess> {
    const script = `exec 3<>/dev/tcp/${this.address}/${port}; echo open; exec cat <&3`;
    const started = await this.host.spawn(['bash', '-c', script], { in: this.lan });
    await this.told(started.waitForLine(/^open$/, limit));
    return started;
  }

  async statusOf(name: string, tries = 3): Promise<OnDemandStatus> {
    const { stdout } = await this.host.netwright(['status', '--json']);
    const { onDemand } = JSON.parse(stdout) as Status;
    // A daemon that does not answer within five seconds, on a machine that is busy, is not asked again by `status`.
    if (onDemand === undefined && tries > 1) return await this.statusOf(name, tries - 1);
    const found = onDemand?.find((each) => each.name === name);
    if (found === undefined) throw new Error(`the status says nothing of ${name}: ${stdout}`);
    return found;
  }

  /** Waits until it is so, for as long as a loaded machine may need. */
  async until(what: string, look: () => Promise<boolean>, milliseconds = limit): Promise<void> {
    await this.told(until(what, milliseconds, look));
  }

  /** Waits for a state, as `status` tells it. */
  async untilState(name: string, state: OnDemandStatus['state']): Promise<void> {
    await this.until(`${name} ${state}`, async () => (await this.statusOf(name)).state === state);
  }

  /** As the work ends; where it fails, with the end of the daemon's log. */
  async told<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      throw new Error(this.#log(), { cause: error });
    }
  }

  #log(): string {
    return this.#daemon?.lines.slice(-60).join('\n') ?? 'no daemon was started';
  }
}

export async function isRunning(container: Container): Promise<boolean> {
  return (await container.inspect()).State.Running;
}
