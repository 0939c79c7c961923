import type { Ownership } from '../model/ownership.ts';
import type { RestoreTable } from '../model/plan.ts';
import type { DesiredTable, Hook, ObservedJump, ObservedTable } from '../model/ruleset.ts';

/** The jumps into our chains that are in the wrong place, and those to put in the right one: first in the first chain that packets reach. */
export function misplacedHooks(
  desired: Pick<DesiredTable, 'hooks'>,
  observed: ObservedTable | undefined,
  ownership: Ownership,
): Pick<RestoreTable, 'unhook' | 'hook'> {
  const unhook: { chain: string; to: string }[] = [];
  const hook: { chain: string; to: string }[] = [];
  const jumps = observed?.jumps ?? [];
  const ours = jumps.filter(({ to }) => ownership.ownsChain(to));
  for (const { to, chain } of ours) {
    if (!desired.hooks.some(({ into }) => into === to)) unhook.push({ chain, to });
  }
  for (const { from, into } of desired.hooks) {
    const chain = reachedChain(from, observed, ownership);
    const present = ours.filter(({ to }) => to === into);
    const [only] = present;
    if (present.length === 1 && only?.chain === chain && isFirst(only, ours)) continue;
    unhook.push(...present.map((jump) => ({ chain: jump.chain, to: into })));
    hook.push({ chain, to: into });
  }
  return { unhook, hook };
}

/** Position 1, our other jumps not counted: rules behind somebody else's REJECT are no rules (H26). */
function isFirst({ chain, position }: ObservedJump, ours: readonly ObservedJump[]): boolean {
  return position === 1 + ours.filter((other) => other.chain === chain && other.position < position).length;
}

/** A chain such as DOCKER-USER counts only while it is the first thing that its base chain jumps to (H2); the last choice is the base chain. */
function reachedChain(from: Hook['from'], observed: ObservedTable | undefined, ownership: Ownership): string {
  const base = from.at(-1) ?? '';
  const foreign = (observed?.jumps ?? []).filter(({ chain }) => chain === base);
  const ours = foreign.filter(({ to }) => ownership.ownsChain(to));
  return from.find((name) => foreign.some((jump) => jump.to === name && isFirst(jump, ours))) ?? base;
}
