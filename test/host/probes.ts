import { fileURLToPath } from 'node:url';
import type { Inside, Place } from './inside.ts';
import { ProbeAgent } from './probe-agent.ts';

const agentFile = fileURLToPath(new URL('./probe.mjs', import.meta.url));

export interface ListenOptions {
  readonly proto?: 'tcp' | 'udp';
  readonly port: number;
  /** Default: every address, IPv4 and IPv6. */
  readonly address?: string;
  /** What the listener calls itself in its answers; default the place's name. */
  readonly reply?: string;
}

export interface ConnectOptions {
  readonly proto?: 'tcp' | 'udp';
  readonly address: string;
  readonly port: number;
  readonly localAddress?: string;
  readonly localPort?: number;
  /** Default 700. */
  readonly timeoutMs?: number;
}

interface Answered {
  readonly kind: 'answered';
  /** The name of the listener that answered. */
  readonly by: string;
  readonly proto: 'tcp' | 'udp';
  /** The client as the listener saw it. */
  readonly clientAddress: string;
  readonly clientPort: number;
}

type NotAnswered =
  | { readonly kind: 'refused' }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'unreachable'; readonly code: string }
  /** Something accepted the connection, but no listener of ours spoke: an engine's proxy with nothing behind it, say. */
  | { readonly kind: 'unanswered'; readonly said: string };

export type Outcome = Answered | NotAnswered;

type Pinged =
  | { readonly kind: 'echoed' }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'closed'; readonly code: string };

/** A TCP connection that stays open until `close`. */
export interface OpenConnection extends Answered {
  /** Sends one line and waits (default 700 ms) for its echo. */
  ping(timeoutMs?: number): Promise<Pinged>;
  close(): Promise<void>;
}

/** Real packets between the places of one host. Whatever goes wrong with the probing itself rejects; it is never an outcome. */
export class Probes {
  readonly #inside: Inside;
  readonly #agents = new Map<string, Promise<ProbeAgent>>();

  constructor(inside: Inside) {
    this.#inside = inside;
  }

  /** Resolves with the port once listening; port 0 lets the kernel choose. The listener stays until the host stops. */
  async listen(place: Place, options: ListenOptions): Promise<number> {
    const { port } = await this.#ask<{ readonly port: number }>(place, {
      do: 'listen',
      proto: 'tcp',
      ...options,
    });
    return port;
  }

  async connect(place: Place, options: ConnectOptions): Promise<Outcome> {
    return await this.#ask<Outcome>(place, { do: 'connect', proto: 'tcp', timeoutMs: 700, ...options });
  }

  /** Rejects when the connection is not answered. */
  async open(place: Place, options: Omit<ConnectOptions, 'proto'>): Promise<OpenConnection> {
    const agent = await this.#agent(place);
    const asked = { do: 'open', timeoutMs: 700, ...options };
    const outcome = await agent.ask<(Answered & { readonly connection: number }) | NotAnswered>(asked);
    if (outcome.kind !== 'answered')
      throw new Error(`${place.name} → ${JSON.stringify(options)}: ${JSON.stringify(outcome)}`);
    const { connection, ...answered } = outcome;
    return {
      ...answered,
      ping: async (timeoutMs = 700) => await agent.ask<Pinged>({ do: 'ping', connection, timeoutMs }),
      close: async () => {
        await agent.ask({ do: 'close', connection });
      },
    };
  }

  async #ask<Result>(place: Place, asked: object): Promise<Result> {
    const agent = await this.#agent(place);
    return await agent.ask<Result>(asked);
  }

  /** One agent for each namespace, known by its inode: the file behind a pid changes when the pid is used again. */
  async #agent(place: Place): Promise<ProbeAgent> {
    const { stdout, stderr, exitCode } = await this.#inside.exec([
      'stat',
      '-Lc',
      '%d:%i',
      await place.netns(),
    ]);
    if (exitCode !== 0) throw new Error(`${place.name} has no network namespace: ${stderr}`);
    const key = `${place.name} ${stdout.trim()}`;
    const known = this.#agents.get(key);
    if (known !== undefined) return await known;
    const argv = [process.execPath, agentFile, place.name];
    const started = this.#inside
      .start(argv, { in: place })
      .then((child) => new ProbeAgent(place.name, child));
    this.#agents.set(key, started);
    return await started;
  }
}
