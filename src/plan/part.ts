import type { Operation } from '../model/plan.ts';
import type { Notice } from '../model/state.ts';

/** What one kind of resource contributes to a plan. */
export interface Part {
  readonly operations: readonly Operation[];
  readonly notices: readonly Notice[];
}
