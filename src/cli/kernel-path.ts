import { isDeepStrictEqual } from 'node:util';
import { NetwrightError } from '../errors.ts';
import type { Host } from '../host/host.ts';
import type { LoadedConfig } from '../load/load.ts';
import { familyOf } from '../model/block.ts';
import { hostNamespace } from '../model/namespace.ts';
import type { Observed } from '../model/observed.ts';
import { type Awake, isOnDemand, onDemandMark, wakingMark } from '../model/on-demand.ts';
import type { ObservedTable } from '../model/ruleset.ts';
import { commentOf } from '../resolve/titles.ts';
import type { Carried, Kernel, Passing } from '../wake/kernel.ts';
import type { Counting } from './counting.ts';
import { openFlows } from './open-flows.ts';

/** The configuration for a pass, and of which wish it is. */
interface Asked {
  readonly good: LoadedConfig;
  readonly wish: number;
}

/** Has passes lead to what is awake, and tells when they do. */
export class KernelPath implements Kernel {
  readonly #counting: Counting;
  readonly #again: () => void;
  #host: Host | undefined;
  #awake: readonly Awake[] = [];
  #wish = 0;
  #inForce = 0;
  #waiting: readonly { readonly wish: number; readonly resolve: () => void }[] = [];
  #last: (Asked & { readonly of: LoadedConfig }) | undefined;

  /** `again` asks for a pass. */
  constructor(counting: Counting, again: () => void) {
    this.#counting = counting;
    this.#again = again;
  }

  follow(host: Host): void {
    this.#host = host;
  }

  canLead(): boolean {
    return this.#host?.facts.conntrack === true;
  }

  async lead(awake: readonly Awake[]): Promise<void> {
    if (!isDeepStrictEqual(awake, this.#awake)) {
      this.#awake = awake;
      this.#wish++;
      this.#again();
    }
    if (this.#inForce === this.#wish) return;
    await new Promise<void>((resolve) => {
      this.#waiting = [...this.#waiting, { wish: this.#wish, resolve }];
    });
  }

  /** What a pass that begins now is to bring about: the same object as long as it is the same. */
  asked(of: LoadedConfig): Asked {
    if (this.#last?.of === of && this.#last.wish === this.#wish) return this.#last;
    const good =
      of.config.onDemand.length === 0 ? of : { ...of, config: { ...of.config, awake: this.#awake } };
    this.#last = { of, good, wish: this.#wish };
    return this.#last;
  }

  /** What was seen at the end of a pass. */
  passed(wish: number, observed: Observed | undefined): void {
    if (observed === undefined || !this.#isLed(observed)) return;
    this.#inForce = Math.max(this.#inForce, wish);
    const done = this.#waiting.filter((each) => each.wish <= wish);
    this.#waiting = this.#waiting.filter((each) => each.wish > wish);
    for (const { resolve } of done) resolve();
  }

  async passing(awake: readonly Awake[], signal: AbortSignal): Promise<ReadonlyMap<string, Passing>> {
    const host = this.#host;
    const counted = host && (await this.#counting.now(signal));
    if (host === undefined || counted === undefined)
      throw new NetwrightError('ENGINE_UNREACHABLE', 'what the kernel has counted cannot be read');
    const families = [...new Set(awake.map(({ address }) => familyOf(address)))];
    const open = await openFlows(host, families, signal);
    return new Map(
      awake.map((each) => {
        const { name, address, port } = each;
        const own = open.filter(({ reply }) => reply.source === address && reply.sourcePort === port);
        return [name, { ...carriedIn(counted.tables, each), open: own.length }];
      }),
    );
  }

  carried(awake: Awake): Carried | undefined {
    const { led } = this.#counting;
    return led && carriedIn(led, awake);
  }

  /** Whether nothing is led to what is not to be. */
  #isLed({ namespaces }: Observed): boolean {
    const marks = this.#awake.flatMap(({ name, leads }) => (leads ? [commentOf(onDemandMark(name))] : []));
    const tables = namespaces.get(hostNamespace)?.tables ?? [];
    const rules = tables.flatMap(({ table, chains }) => (table === 'nat' ? [...chains.values()].flat() : []));
    return rules.every(
      (rule) =>
        'unread' in rule ||
        rule.target.kind !== 'dnat' ||
        !isOnDemand(rule.comment) ||
        marks.some((mark) => rule.comment?.includes(mark)),
    );
  }
}

/** What the rules of this waking have counted. */
function carriedIn(tables: readonly ObservedTable[], awake: Awake): Carried {
  const [first, last] = [wakingMark(awake), commentOf(onDemandMark(awake.name))];
  const rules = tables.flatMap(({ table, chains }) =>
    table === 'mangle' ? [...chains.values()].flat() : [],
  );
  const sum = (direction: 'ORIGINAL' | 'REPLY') => {
    let [packets, bytes] = [0, 0];
    for (const rule of rules) {
      if ('unread' in rule || rule.target.kind !== 'count' || rule.match.direction !== direction) continue;
      if (rule.comment?.startsWith(first) !== true || !rule.comment.endsWith(last)) continue;
      packets += rule.packets ?? 0;
      bytes += rule.bytes ?? 0;
    }
    return { packets, bytes };
  };
  return { toTarget: sum('ORIGINAL'), toClient: sum('REPLY') };
}
