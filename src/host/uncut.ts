import { join } from 'node:path';
import { hostNamespace } from '../model/namespace.ts';
import type { CutConnections } from '../model/rules-operations.ts';
import { countOf, fieldsOf, listOf } from './answer.ts';
import { BootFile } from './boot-file.ts';
import type { Lives } from './former-sysctls.ts';

interface Entry {
  readonly cut: CutConnections;
  /** For a container's namespace: when the youngest process by which it was reached began, in clock ticks since boot. */
  readonly since?: number | undefined;
}

/** Changed whenever rules are written down otherwise, so that no other version's are taken for ours. */
const format = 2;

/**
 * Connections that are to end because rules change, from before the change until they are ended: no later look at the host would show
 * that they are left over. They are in a file besides, which is there only meanwhile, for whoever comes after a process that was killed.
 */
export class Uncut {
  readonly #file: BootFile;
  readonly #lives: Lives;
  readonly #entries: Map<string, Entry>;

  private constructor(file: BootFile, lives: Lives, entries: readonly Entry[]) {
    this.#file = file;
    this.#lives = lives;
    this.#entries = new Map(entries.map((entry) => [keyOf(entry.cut), entry]));
  }

  /** With what another process left behind in this folder. */
  static async open(folder: string, lives: Lives): Promise<Uncut> {
    const file = new BootFile(join(folder, 'uncut.json'));
    const { format: written, entries } = await file.read();
    return new Uncut(
      file,
      lives,
      written === format ? listOf(entries).flatMap((entry) => readEntry(entry) ?? []) : [],
    );
  }

  /** Those in namespaces that are still there. */
  list(): readonly CutConnections[] {
    return [...this.#entries.values()].filter((entry) => this.#isAlive(entry)).map(({ cut }) => cut);
  }

  async begin(cuts: readonly CutConnections[]): Promise<void> {
    if (cuts.length === 0) return;
    for (const cut of cuts)
      this.#entries.set(keyOf(cut), { cut, since: this.#lives(cut.namespace)?.youngest });
    await this.#store();
  }

  async end(cut: CutConnections): Promise<void> {
    if (this.#entries.delete(keyOf(cut))) await this.#store();
  }

  #isAlive({ cut: { namespace }, since }: Entry): boolean {
    if (namespace === hostNamespace) return true;
    const lives = this.#lives(namespace);
    return lives !== undefined && since !== undefined && lives.eldest <= since;
  }

  async #store(): Promise<void> {
    const entries = [...this.#entries.values()];
    if (entries.length === 0) await this.#file.remove();
    else await this.#file.write({ format, entries });
  }
}

function keyOf({ namespace, family, changes }: CutConnections): string {
  return JSON.stringify([namespace, family, changes]);
}

function readEntry(value: unknown): Entry | undefined {
  const { cut, since } = fieldsOf(value);
  return isCut(cut) ? { cut, since: countOf(since) } : undefined;
}

function isCut(value: unknown): value is CutConnections {
  const { kind, namespace, family, changes, before, after } = fieldsOf(value);
  return (
    kind === 'cut-connections' &&
    typeof namespace === 'string' &&
    (family === 4 || family === 6) &&
    Array.isArray(changes) &&
    isSpoken(before) &&
    isSpoken(after)
  );
}

function isSpoken(value: unknown): boolean {
  const { chains, sets } = fieldsOf(value);
  return Array.isArray(chains) && Array.isArray(sets);
}
