/** A process that changed something of the kernel's, as the kernel names it. */
export interface Process {
  readonly name: string;
  /** As counted in the machine's first pid namespace. */
  readonly pid: number;
}

/** Processes of one name: a script that runs `iptables` a hundred times is a hundred of them. */
export interface Culprit extends Process {
  readonly count: number;
}

/** Both together, one for each name, with the last pid. */
export function joinCulprits(
  known: readonly Culprit[] = [],
  more: readonly Culprit[] = [],
): readonly Culprit[] {
  const joined = new Map(known.map((culprit) => [culprit.name, culprit]));
  for (const { name, pid, count } of more) {
    const before = joined.get(name);
    joined.set(name, { name, pid, count: before?.pid === pid ? before.count : (before?.count ?? 0) + count });
  }
  return [...joined.values()];
}

/** `iptables (pid 7440)`; `pidsAreOurs`: pids here are those of the machine's first pid namespace. */
export function culpritText(culprits: readonly Culprit[], pidsAreOurs: boolean): string | undefined {
  if (culprits.length === 0) return undefined;
  const where = pidsAreOurs ? '' : ' on the host';
  return culprits
    .map(({ name, pid, count }) =>
      count === 1
        ? `${name} (pid ${pid}${where})`
        : `${name} (${count} processes, the last pid ${pid}${where})`,
    )
    .join(', ');
}
