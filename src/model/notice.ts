import type { Origin } from './config.ts';

/** Something in the file that cannot be done now or at all, said to the user in place of doing it. */
export interface Notice {
  /** `waiting`: will be done by itself when the world is ready. `refused`: somebody has to change something. `warning`: done, but look. */
  readonly kind: 'waiting' | 'refused' | 'warning';
  readonly subject: string;
  readonly message: string;
  readonly hint?: string;
  readonly origin?: Origin;
}
