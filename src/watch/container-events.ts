import { isNetwrightError } from '../errors.ts';
import type { Host } from '../host/host.ts';
import { spawnLines } from '../host/line-stream.ts';
import type { NamespaceId } from '../model/namespace.ts';
import { hearRules, type KernelListener } from './kernel-events.ts';
import { rulesMonitor } from './rules-monitor.ts';

/** Each costs a process of some megabytes, most of them shared; beyond this many containers the full look finds what was flushed. */
const mostNamespaces = 200;

/** Listens to rule changes inside the containers that have rules of ours. */
export class ContainerEvents {
  readonly #listener: KernelListener;
  readonly #env: NodeJS.ProcessEnv;
  readonly #followed = new Map<NamespaceId, AbortController>();

  constructor(listener: KernelListener, env: NodeJS.ProcessEnv) {
    this.#listener = listener;
    this.#env = env;
  }

  /** From now on these and no others: a namespace that is left is also let go of, since a process in it keeps it alive. */
  follow(host: Host, wanted: readonly NamespaceId[]): void {
    const kept = new Set(wanted.slice(0, mostNamespaces));
    for (const [id, following] of this.#followed) {
      if (!kept.has(id)) {
        following.abort();
        this.#followed.delete(id);
      }
    }
    for (const id of kept) if (!this.#followed.has(id)) this.#start(host, id);
  }

  follows(id: NamespaceId): boolean {
    return this.#followed.has(id);
  }

  stop(): void {
    for (const following of this.#followed.values()) following.abort();
    this.#followed.clear();
  }

  #start(host: Host, id: NamespaceId): void {
    const following = new AbortController();
    this.#followed.set(id, following);
    const { signal } = following;
    const listening = host.namespaces.enter(id, async ({ handle }) => {
      const heard = hearRules(id);
      const options = { env: this.#env, signal, namespace: handle };
      for await (const line of spawnLines(rulesMonitor, options)) heard(line, this.#listener);
    });
    listening.catch((error: unknown) => {
      // A container that has just stopped is no news, and the next pass asks again for what still matters.
      if (this.#followed.get(id) === following) this.#followed.delete(id);
      if (!isNetwrightError(error)) this.#listener.unavailable('rules in a container', error);
    });
  }
}
