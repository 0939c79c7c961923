import { isNetwrightError } from '../errors.ts';
import { errorFields, type Log } from '../log.ts';
import type { ListeningEntry, OnDemandEntry } from '../model/on-demand.ts';
import type { OnDemandStatus } from '../model/status.ts';
import { listenTcp, type TcpListener } from '../relay/listen-tcp.ts';
import { listenUdp, type UdpListener } from '../relay/listen-udp.ts';
import { peerText } from '../relay/peer.ts';
import type { Caller } from './carrying.ts';

/** Where one entry listens: where the file says, as far as that can be, and nowhere else. */
export class Listeners {
  readonly #onCaller: (caller: Caller) => void;
  readonly #log: Log;
  readonly #open = new Map<string, Listener>();
  /** Why it is not listened there. */
  readonly #deaf = new Map<string, string>();

  constructor(log: Log, onCaller: (caller: Caller) => void) {
    this.#log = log;
    this.#onCaller = onCaller;
  }

  /** There is a port that it cannot listen on. */
  get isDeaf(): boolean {
    return this.#deaf.size > 0;
  }

  get status(): Pick<OnDemandStatus, 'listen' | 'notListening'> {
    return {
      listen: [...this.#open.values()].map(
        ({ opened, protocol }) => `${peerText(opened.address)}${protocol === 'udp' ? '/udp' : ''}`,
      ),
      ...(this.isDeaf && { notListening: [...this.#deaf.values()] }),
    };
  }

  async follow(entry: OnDemandEntry): Promise<void> {
    const wanted = new Map(entry.listen.map((listening) => [keyOf(listening, entry), listening]));
    for (const [key, listener] of this.#open) {
      if (wanted.has(key)) continue;
      this.#open.delete(key);
      await listener.opened.close();
    }
    for (const key of this.#deaf.keys()) if (!wanted.has(key)) this.#deaf.delete(key);
    for (const [key, listening] of wanted)
      if (!this.#open.has(key)) await this.#listen(key, listening, entry);
  }

  async close(): Promise<void> {
    for (const { opened } of this.#open.values()) await opened.close();
    this.#open.clear();
  }

  async #listen(key: string, listening: ListeningEntry, entry: OnDemandEntry): Promise<void> {
    try {
      const { protocol } = listening;
      const opened = await open(listening, entry, this.#onCaller);
      this.#open.set(key, { opened, protocol });
      this.#deaf.delete(key);
    } catch (error) {
      if (!isNetwrightError(error, 'LISTEN_FAILED')) throw error;
      if (this.#deaf.get(key) !== error.message) this.#log.error('not listening', errorFields(error));
      this.#deaf.set(key, error.message);
    }
  }
}

interface Listener extends Pick<ListeningEntry, 'protocol'> {
  readonly opened: TcpListener | UdpListener;
}

/** As connection tracking does (nf_conntrack_udp_timeout_stream): who sends again after so long is another client. */
const clientForgottenAfterMs = 120_000;

async function open(
  { address, port, protocol }: ListeningEntry,
  { sources, maxHeld, idle }: OnDemandEntry,
  onCaller: (caller: Caller) => void,
): Promise<Listener['opened']> {
  const where = {
    ...(address !== undefined && { address }),
    port,
    ...(sources !== undefined && { sources }),
  };
  if (protocol === 'tcp') return await listenTcp({ ...where, maxHeld, onConnection: onCaller });
  return await listenUdp({
    ...where,
    maxClients: maxHeld,
    idle: Math.min(idle, clientForgottenAfterMs),
    onClient: onCaller,
  });
}

/** A listener is the same as long as all it was given is. */
function keyOf(
  { address, port, protocol }: ListeningEntry,
  { sources, maxHeld, idle }: OnDemandEntry,
): string {
  return JSON.stringify([protocol, address, port, sources, maxHeld, protocol === 'udp' && idle]);
}
