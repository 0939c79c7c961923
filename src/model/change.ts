import type { Origin } from './config.ts';

/** One line of a plan, as a person reads it. */
export interface Change {
  readonly sign: '+' | '~' | '-';
  /** `networks`, `containers`, or the namespace it happens in. */
  readonly area: 'networks' | 'containers' | 'namespace';
  /** The name of the namespace: `host` or a container's. */
  readonly place?: string;
  readonly text: string;
  /** What was there before, or who is interrupted; printed in brackets, and no part of the thing's name. */
  readonly detail?: string;
  readonly origin?: Origin;
}

/** One engine call or one kernel transaction, with its cause. */
export interface Because {
  readonly because: string;
  /** What the user is told; several operations of one change may say the same line, which is printed and counted once. */
  readonly changes: readonly Change[];
  /** What must not have failed before in this plan, as its `provides` names it; else this is skipped and says so. */
  readonly needs?: readonly string[];
  /** What others may need this for: `network front`. */
  readonly provides?: string;
}
