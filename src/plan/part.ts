import type { Notice } from '../model/notice.ts';
import type { Operation } from '../model/plan.ts';

/** What one kind of resource contributes to a plan. */
export interface Part {
  readonly operations: readonly Operation[];
  readonly notices: readonly Notice[];
}
