import type { Amount } from '../model/on-demand.ts';
import type { Traffic } from '../relay/held-connection.ts';

/** What came from clients, by the program and by the kernel, and how much of it lately. Times are in ms, by `performance.now()`. */
export class Received {
  #past: Amount = { packets: 0, bytes: 0 };
  /** How much it was at some moments since `begin`, the eldest as old as is asked for. */
  #marks: readonly (Amount & { readonly at: number })[] = [];

  /** What came until now is no longer of interest. */
  begin(): void {
    this.#marks = [];
  }

  add(amount: Amount): void {
    this.#past = plus(this.#past, amount);
  }

  /** Whether less than this came within so many ms, these connections' part included; false before those have gone by since `begin`. */
  isLessThan(least: Amount, within: number, open: Iterable<Traffic>, now: number): boolean {
    const total = [...open].map(amountOf).reduce(plus, this.#past);
    const newest = this.#marks.at(-1);
    if (newest === undefined || now - newest.at >= within / marksPerSpan)
      this.#marks = [...this.#marks, { ...total, at: now }];
    const eldest = this.#marks.findLastIndex(({ at }) => now - at >= within);
    if (eldest === -1) return false;
    this.#marks = this.#marks.slice(eldest);
    const [before] = this.#marks;
    return (
      before !== undefined &&
      (total.packets - before.packets < least.packets || total.bytes - before.bytes < least.bytes)
    );
  }
}

const marksPerSpan = 32;
/** As many bytes as a full Ethernet frame carries of a connection. */
const fullPacket = 1460;

/** Datagrams are counted; a connection's bytes are as many packets as they fill, and one for the connection. */
export function amountOf({
  toTarget: bytes,
  ...traffic
}: Traffic & { readonly datagramsToTarget?: number }): Amount {
  return { packets: traffic.datagramsToTarget ?? 1 + Math.ceil(bytes / fullPacket), bytes };
}

function plus(one: Amount, other: Amount): Amount {
  return { packets: one.packets + other.packets, bytes: one.bytes + other.bytes };
}
