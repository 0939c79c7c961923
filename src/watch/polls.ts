import { setTimeout as sleep } from 'node:timers/promises';
import { isNetwrightError } from '../errors.ts';
import type { Host } from '../host/host.ts';
import { SetSizes } from '../host/set-sizes.ts';
import { SysctlHandles } from '../host/sysctl-handles.ts';
import { hostNamespace, type NamespaceId, type NamespaceState } from '../model/namespace.ts';
import type { Observed } from '../model/observed.ts';
import { type Area, areaIn } from './area.ts';

/** Milliseconds between two glances. */
const every = 2000;

/** Open sysctls of one namespace, in one life of it. */
interface Opened {
  readonly keys: string;
  readonly since: number | undefined;
  readonly handles: Promise<SysctlHandles>;
}

/**
 * The kernel says nothing of sets and sysctls: every two seconds the sizes of our sets and the values of the file's sysctls,
 * on the host and in containers, are compared with what the last pass found, without starting a process. One element in
 * another's place, or another comment, leaves the size as it is: that is left to the full look.
 */
export class Polls {
  readonly #changed: (area: Area) => void;
  readonly #env: NodeJS.ProcessEnv;
  readonly #sizes: SetSizes;
  readonly #opened = new Map<NamespaceId, Opened>();
  readonly #stopping = new AbortController();
  #observed: Observed | undefined;
  #polling: Promise<void> | undefined;

  constructor(changed: (area: Area) => void, env: NodeJS.ProcessEnv) {
    this.#changed = changed;
    this.#env = env;
    this.#sizes = new SetSizes(env);
  }

  /** A pass is at work: what changes now is its own doing, or it sees it. */
  pause(): void {
    this.#observed = undefined;
  }

  /** From now on this is what everything is compared with; with `passing`, no process is started for what was not before. */
  follow(host: Host, observed: Observed, passing: boolean): void {
    this.#observed = observed;
    for (const [id, { handles }] of this.#opened) {
      if (observed.namespaces.has(id)) continue;
      this.#opened.delete(id);
      void closed(handles);
    }
    for (const state of observed.namespaces.values()) this.#open(host, state, passing);
    this.#polling ??= this.#poll();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#observed = undefined;
    this.#sizes.close();
    await this.#polling;
    await Promise.all([...this.#opened.values()].map(({ handles }) => closed(handles)));
  }

  #open(host: Host, { id, sysctls }: NamespaceState, passing: boolean): void {
    const keys = [...sysctls.keys()];
    const opened = this.#opened.get(id);
    const since = host.namespaces.lives(id)?.eldest;
    if ((opened?.keys ?? '') === keys.join() && opened?.since === since) return;
    if (opened !== undefined) void closed(opened.handles);
    this.#opened.delete(id);
    if (keys.length === 0 || (passing && id !== hostNamespace)) return;
    const handles =
      id === hostNamespace
        ? SysctlHandles.ofHost(keys)
        : host.namespaces.enter(id, (inside) => SysctlHandles.inside(inside, keys, this.#env));
    this.#opened.set(id, { keys: keys.join(), since, handles });
    handles.catch((error: unknown) => {
      // A container that has just stopped is no news; what could not be opened is left to the full look.
      if (!isNetwrightError(error)) throw error;
    });
  }

  async #poll(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await sleep(every, undefined, { signal }).catch(() => undefined);
      const observed = this.#observed;
      if (observed === undefined) continue;
      const changes = [...(await this.#changedSysctls(observed)), ...(await this.#changedSets(observed))];
      // What a pass has looked at since was not compared with what it left.
      if (this.#observed !== observed) continue;
      for (const area of new Set(changes)) this.#changed(area);
      // Told once: the next pass says what is to be compared from then on.
      if (changes.length > 0) this.#observed = undefined;
    }
  }

  async #changedSysctls(observed: Observed): Promise<readonly Area[]> {
    const changes: Area[] = [];
    for (const [id, { handles }] of this.#opened) {
      const expected = observed.namespaces.get(id)?.sysctls;
      const values = await handles.then(
        (open) => open.read(),
        () => undefined,
      );
      if (expected === undefined || values === undefined) continue;
      const differs = [...values].some(([key, value]) => value !== (expected.get(key) ?? undefined));
      if (differs) changes.push(areaIn('sysctls', id));
    }
    return changes;
  }

  async #changedSets({ namespaces }: Observed): Promise<readonly Area[]> {
    const sets = namespaces.get(hostNamespace)?.sets ?? [];
    if (sets.length === 0) return [];
    const same = (sizes: ReadonlyMap<string, number> | undefined): boolean =>
      sizes === undefined || sets.every(({ name, elements }) => sizes.get(name) === elements.size);
    if (same(await this.#sizes.read(sets.map(({ name }) => name)))) return [];
    return same(await this.#sizes.readAfresh()) ? [] : ['sets'];
  }
}

async function closed(handles: Promise<SysctlHandles>): Promise<void> {
  await handles.then(
    (open) => open.close(),
    () => undefined,
  );
}
