import { isNetwrightError } from '../errors.ts';
import { errorFields, type Log } from '../log.ts';
import type { ListeningEntry, OnDemandEntry } from '../model/config.ts';
import type { OnDemandStatus } from '../model/status.ts';
import type { HeldConnection } from '../relay/held-connection.ts';
import { listenTcp, type TcpListener } from '../relay/listen-tcp.ts';

/** Where one entry listens: where the file says, as far as that can be, and nowhere else. */
export class Listeners {
  readonly #onConnection: (connection: HeldConnection) => void;
  readonly #log: Log;
  readonly #open = new Map<string, TcpListener>();
  /** Why it is not listened there. */
  readonly #deaf = new Map<string, string>();

  constructor(log: Log, onConnection: (connection: HeldConnection) => void) {
    this.#log = log;
    this.#onConnection = onConnection;
  }

  /** There is a port that it cannot listen on. */
  get isDeaf(): boolean {
    return this.#deaf.size > 0;
  }

  get status(): Pick<OnDemandStatus, 'listen' | 'notListening'> {
    return {
      listen: [...this.#open.values()].map(({ address: { address, port } }) =>
        address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`,
      ),
      ...(this.isDeaf && { notListening: [...this.#deaf.values()] }),
    };
  }

  async follow(entry: OnDemandEntry): Promise<void> {
    const wanted = new Map(entry.listen.map((listening) => [keyOf(listening, entry), listening]));
    for (const [key, listener] of this.#open) {
      if (wanted.has(key)) continue;
      this.#open.delete(key);
      await listener.close();
    }
    for (const key of this.#deaf.keys()) if (!wanted.has(key)) this.#deaf.delete(key);
    for (const [key, listening] of wanted)
      if (!this.#open.has(key)) await this.#listen(key, listening, entry);
  }

  async close(): Promise<void> {
    for (const listener of this.#open.values()) await listener.close();
    this.#open.clear();
  }

  async #listen(
    key: string,
    { address, port }: ListeningEntry,
    { sources, maxHeld }: OnDemandEntry,
  ): Promise<void> {
    try {
      const listener = await listenTcp({
        ...(address !== undefined && { address }),
        port,
        ...(sources !== undefined && { sources }),
        maxHeld,
        onConnection: this.#onConnection,
      });
      this.#open.set(key, listener);
      this.#deaf.delete(key);
    } catch (error) {
      if (!isNetwrightError(error, 'LISTEN_FAILED')) throw error;
      if (this.#deaf.get(key) !== error.message) this.#log.error('not listening', errorFields(error));
      this.#deaf.set(key, error.message);
    }
  }
}

/** A listener is the same as long as all it was given is. */
function keyOf({ address, port }: ListeningEntry, { sources, maxHeld }: OnDemandEntry): string {
  return JSON.stringify([address, port, sources, maxHeld]);
}
