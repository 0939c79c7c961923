import type { Engine } from '../host/engine.ts';
import type { EngineEvent } from '../host/engine-events.ts';
import { errorFields, type Log } from '../log.ts';
import type { OnDemandEntry } from '../model/on-demand.ts';
import type { OnDemandStatus } from '../model/status.ts';
import type { Around } from './around.ts';
import type { Outcome } from './by-hand.ts';
import { EnginePresence } from './engine-presence.ts';
import type { Kernel } from './kernel.ts';
import { Looks } from './looks.ts';
import { OnDemand } from './on-demand.ts';
import { asked, type Request } from './request.ts';
import { Rush } from './rush.ts';
import { Turns } from './turns.ts';

/** Milliseconds between two looks at what has become idle. */
const tickMs = 250;
/** A port that somebody else had is tried again so often, in ticks. */
const listenAgainEvery = 8;
/**
 * So many ticks after something happened it is looked again: Docker tells of a container's end before its list does
 * (`handleContainerExit` logs `die`, and writes the new state down later).
 */
const lookAgainAfter: readonly number[] = [1, 8];

/** The containers that wake on connect: as many entries as the file has, in one process. */
export class Wake {
  readonly #log: Log;
  readonly #kernel: Kernel | undefined;
  readonly #all = new Map<string, OnDemand>();
  /** Entries that are no more, as far as they carry something still. */
  #former: readonly OnDemand[] = [];
  readonly #turns = new Turns();
  /** The wakes that somebody waits for. */
  readonly rush: Rush;
  readonly #timer: NodeJS.Timeout;
  readonly #ending = new AbortController();
  readonly #presence = new EnginePresence();
  readonly #looks: Looks;
  #following: Promise<void> = Promise.resolve();
  #ticks = 0;
  #heardAt = 0;
  #sampling = false;

  /** Without a kernel's part every connection stays in the program. `onAnswered`: nobody waits for a wake any more. */
  constructor(log: Log, kernel?: Kernel, onAnswered: () => void = () => undefined) {
    this.#log = log;
    this.rush = new Rush(onAnswered);
    this.#kernel = kernel;
    this.#looks = new Looks({
      engine: () => this.#presence.engine,
      isWanted: () => this.#all.size > 0,
      seen: (containers, askedAt) => {
        for (const each of this.#all.values()) each.seen(containers, askedAt);
      },
      log,
      signal: this.#ending.signal,
    });
    this.#timer = setInterval(() => this.#tick(), tickMs).unref();
  }

  /** From now on these entries are in force; resolves when it is listened wherever they say, as far as that can be. */
  follow(entries: readonly OnDemandEntry[]): Promise<void> {
    this.#following = this.#following.then(() => this.#follow(entries));
    return this.#following;
  }

  /** The engine is there, or there again; undefined: it is away, and nothing can be started. */
  engineIs(engine: Engine | undefined): void {
    this.#looks.forget();
    this.#presence.is(engine);
    void this.look();
  }

  /** Sees what has become of the containers, as of now; who asks while a look is under way shares the next. */
  look(): Promise<void> {
    return this.#looks.look();
  }

  /** Something happened to a container; one that is being woken is looked at when whoever waits for it has been answered. */
  heard({ id, action }: Pick<EngineEvent, 'id' | 'action'>): void {
    this.#heardAt = this.#ticks;
    this.#looks.heard();
    if (action === 'start') this.rush.started(id);
    if (!this.rush.isOf(id)) void this.look();
  }

  get status(): readonly OnDemandStatus[] {
    return [...this.#all.values()].map(({ status }) => status);
  }

  /** Does what somebody asks for by hand; USAGE where there is no such entry, NOT_AWAKE and NOT_ASLEEP where it does not come about. */
  async byHand({ verb, name, force }: Request): Promise<Outcome> {
    const { byHand } = asked(this.#all, name);
    return verb === 'wake' ? await byHand.wake() : await byHand.sleep(force);
  }

  /** Listens and carries no more; containers stay as they are. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#ending.abort();
    await this.#following;
    for (const each of [...this.#all.values(), ...this.#former]) await each.end();
  }

  async #follow(entries: readonly OnDemandEntry[]): Promise<void> {
    if (this.#ending.signal.aborted) return;
    const wanted = new Set(entries.map(({ name }) => name));
    for (const [name, each] of this.#all) {
      if (wanted.has(name)) continue;
      this.#all.delete(name);
      this.#former = [...this.#former.filter(({ status }) => status.carried > 0), each];
      await each.close();
    }
    // A port may have gone from one entry to another: whose it was lets go of it first.
    for (const entry of entries) {
      const known = this.#all.get(entry.name);
      if (known !== undefined) await known.follow({ ...entry, listen: shared(known.entry, entry) });
    }
    for (const entry of entries) {
      const each = this.#all.get(entry.name) ?? new OnDemand(entry, this.#around(entry.name));
      this.#all.set(entry.name, each);
      await each.follow(entry);
    }
    void this.#lead();
    void this.look();
  }

  #around(name: string): Around {
    return {
      engine: () => this.#presence.engine,
      engineUp: (signal) => this.#presence.up(signal),
      turns: this.#turns,
      known: () => this.#looks.known,
      rush: this.rush,
      isUsedByOthers: (id) => [...this.#all].some(([other, each]) => other !== name && each.uses(id)),
      look: () => this.look(),
      kernel: this.#kernel,
      lead: () => this.#lead(),
      log: this.#log,
    };
  }

  async #lead(): Promise<void> {
    await this.#kernel?.lead([...this.#all.values()].flatMap(({ awake }) => awake ?? []));
  }

  /** One look at the kernel for all entries that are due. */
  async #sample(now: number): Promise<void> {
    const due = [...this.#all.values()].filter((each) => each.isKernelDue(now));
    if (this.#kernel === undefined || this.#sampling || due.length === 0) return;
    this.#sampling = true;
    try {
      const awake = due.flatMap((each) => each.awake ?? []);
      const passing = await this.#kernel.passing(awake, this.#ending.signal);
      for (const each of due) each.kernelPassed(passing.get(each.entry.name));
    } catch (error) {
      if (this.#ending.signal.aborted) return;
      this.#log.debug('what the kernel carries is not known', errorFields(error));
      for (const each of due) each.kernelPassed(undefined);
    } finally {
      this.#sampling = false;
    }
  }

  #tick(): void {
    const now = performance.now();
    void this.#sample(now);
    for (const each of this.#all.values()) each.tick(now);
    this.#ticks++;
    if (lookAgainAfter.includes(this.#ticks - this.#heardAt)) void this.look();
    if (this.#ticks % listenAgainEvery !== 0) return;
    const deaf = [...this.#all.values()].filter(({ isDeaf }) => isDeaf);
    if (deaf.length === 0) return;
    this.#following = this.#following.then(async () => {
      for (const each of deaf) if (this.#all.get(each.entry.name) === each) await each.follow(each.entry);
    });
  }
}

/** Of what an entry listens on, what it goes on listening on. */
function shared(before: OnDemandEntry, after: OnDemandEntry): OnDemandEntry['listen'] {
  const wanted = new Set(after.listen.map((each) => JSON.stringify(each)));
  return before.listen.filter((each) => wanted.has(JSON.stringify(each)));
}
