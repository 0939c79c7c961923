/** One fact about the host. */
export interface Check {
  readonly area: 'engine' | 'enforcement' | 'privileges' | 'rules' | 'tools' | 'kernel' | 'instances';
  readonly name: string;
  /** `missing`: netwright cannot work so. `warning`: it can, at a cost. */
  readonly state: 'ok' | 'warning' | 'missing';
  readonly found: string;
  /** What does not work because of it. */
  readonly cost?: string;
  readonly hint?: string;
}

/** What `doctor --json` prints. */
export interface DoctorDocument {
  readonly version: string;
  readonly instance: string;
  readonly checks: readonly Check[];
}

/** Whether netwright can do its work here. */
export function canWork({ checks }: DoctorDocument): boolean {
  return checks.every(({ state }) => state !== 'missing');
}
