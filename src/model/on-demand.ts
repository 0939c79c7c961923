import type { Rule } from './ruleset.ts';

/** Containers on demand that are awake, and that the kernel leads new connections to. */
export interface Awake {
  /** The entry's key in the file. */
  readonly name: string;
  /** Where the target's container answers. */
  readonly address: string;
  readonly port: number;
  /** False: new connections go to the program again, while those that were led go on. */
  readonly leads: boolean;
  /** The how many-eth time it is that they are awake: what is counted of one is counted by rules of its own. */
  readonly waking: number;
}

/** What the kernel leads to, as the status of a daemon tells it. */
export function awakeIn(
  onDemand: readonly { readonly name: string; readonly handedOver?: Omit<Awake, 'name'> }[],
): readonly Awake[] {
  return onDemand.flatMap(({ name, handedOver }) =>
    handedOver === undefined ? [] : [{ ...handedOver, name }],
  );
}

/** What the comments of the rules of an entry end with, and no others do. */
export function onDemandMark(name: string): string {
  return `(on demand ${name.slice(0, 60)})`;
}

/**
 * Whether what a DNAT has translated goes on when it goes: TCP connections to containers on demand, which end with the accept of them. Datagrams
 * have no end, and those that come later are to be seen by the daemon.
 */
export function outlivesDnat({ comment, match }: Pick<Rule, 'comment' | 'match'>): boolean {
  return match.protocol === 'tcp' && isOnDemand(comment);
}

/** What the comments of the rules that count for one waking begin with. */
export function wakingMark({ waking }: Pick<Awake, 'waking'>): string {
  return `counts ${waking}:`;
}

/** Whether a rule is of containers on demand, by its comment. */
export function isOnDemand(comment: string | undefined): boolean {
  return comment?.includes(' (on demand ') === true;
}
