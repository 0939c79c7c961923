/** All in milliseconds. */
export interface Timing {
  /** A pass begins when no event came for this long … */
  readonly quiet: number;
  /** … or this long after the first event at the latest. */
  readonly longestWait: number;
  /** Both are so many times as long while nothing came but what happens to containers before they start. */
  readonly beforeStart: number;
  /** Wait after the first unsettled pass; it doubles with each further one. */
  readonly firstRetry: number;
  readonly longestRetry: number;
  /** Once passes keep changing something and do not settle, events of the host this soon are taken for their own echoes … */
  readonly echo: number;
  /** … and answered no earlier than this long after its end. */
  readonly echoWait: number;
  /** A pass begins this long after the last one, whatever happens. */
  readonly period: number;
}

export const usualTiming: Timing = {
  quiet: 15,
  longestWait: 100,
  beforeStart: 5,
  firstRetry: 500,
  longestRetry: 30_000,
  echo: 250,
  echoWait: 1000,
  period: 30_000,
};
