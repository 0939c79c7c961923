import type { Host } from '../host/host.ts';
import type { Log } from '../log.ts';
import { hostNamespace } from '../model/namespace.ts';
import { ContainerEvents } from './container-events.ts';
import type { KernelListener } from './kernel-events.ts';
import { LegacyRules } from './legacy-rules.ts';
import { Polls } from './polls.ts';
import { WarmUps } from './warm-ups.ts';
import type { PassResult } from './watch-options.ts';

/** Listens and looks, besides the host's own events, where something of ours is: what a pass left behind says where. */
export class Listening {
  readonly #containers: ContainerEvents;
  readonly #legacy: LegacyRules;
  readonly #polls: Polls;
  readonly #warmUps: WarmUps;

  constructor(
    listener: KernelListener,
    { env, log }: { readonly env: NodeJS.ProcessEnv; readonly log: Log },
  ) {
    this.#legacy = new LegacyRules((namespace) => listener.changed(`rules ${namespace}`));
    this.#polls = new Polls((area) => listener.changed(area), env);
    this.#containers = new ContainerEvents(listener, env);
    this.#warmUps = new WarmUps(log);
  }

  /** A pass is at work: what is compared with what the last one found can wait. */
  pause(): void {
    this.#polls.pause();
    this.#legacy.pause();
  }

  /** `passing` as in `PassResult`. */
  follow(host: Host, { desired, observed }: NonNullable<PassResult['left']>, passing: boolean): void {
    this.#legacy.follow(host, observed);
    const inside = [...desired.namespaces.values()]
      .filter(({ id, tables }) => id !== hostNamespace && tables.length > 0)
      .map(({ id }) => id);
    const wanted = observed.backend === 'nft' ? inside : [];
    this.#containers.follow(host, passing ? wanted.filter((id) => this.#containers.follows(id)) : wanted);
    this.#polls.follow(host, observed, passing);
    this.#warmUps.follow(host, desired.warmUps);
  }

  async stop(): Promise<void> {
    this.#containers.stop();
    this.#warmUps.stop();
    await this.#legacy.stop();
    await this.#polls.stop();
  }
}
