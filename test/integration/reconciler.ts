import { fileURLToPath } from 'node:url';
import type { HostProcess } from '../host/host-process.ts';
import type { ThrowawayHost } from '../host/throwaway-host.ts';

/** What came of one file. */
export type Reconciled = NotInOrder | InForce | { readonly crashed: string };

interface NotInOrder {
  readonly ok: false;
  readonly loading: number;
  readonly problems: readonly { readonly severity: string; readonly message: string }[];
}

export interface InForce {
  readonly ok: true;
  /** Milliseconds. */
  readonly loading: number;
  readonly milliseconds: number;
  readonly converged: boolean;
  readonly rounds: number;
  /** The kinds of the operations. */
  readonly done: readonly string[];
  readonly failed: readonly string[];
  /** What the last look, right afterwards, finds to do. */
  readonly left: readonly string[];
  readonly notices: readonly { readonly kind: string; readonly subject: string; readonly message: string }[];
}

const program = fileURLToPath(new URL('./reconciler.mjs', import.meta.url));

/** The built program's own passes in one process that stays open: a thousand files in the time of a hundred commands. */
export class Reconciler {
  readonly #host: ThrowawayHost;
  readonly #process: HostProcess;

  private constructor(host: ThrowawayHost, process: HostProcess) {
    this.#host = host;
    this.#process = process;
  }

  static async start(host: ThrowawayHost): Promise<Reconciler> {
    return new Reconciler(host, await host.spawn([process.execPath, program]));
  }

  /** Writes the file and resolves when it is in force, refused, or has crashed the pass; rejects when that takes longer than `timeoutMs`. */
  async change(name: string, content: string | Uint8Array | object, timeoutMs = 20_000): Promise<Reconciled> {
    this.#process.write(`${this.#host.write(name, content)}\n`);
    const line = await this.#process.waitForLine(/^\{/, timeoutMs);
    return JSON.parse(line) as Reconciled;
  }

  async end(): Promise<void> {
    this.#process.endInput();
    await this.#process.exited;
  }
}
