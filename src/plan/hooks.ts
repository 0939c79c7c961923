import { isChainOfAnyInstance, type Ownership } from '../model/ownership.ts';
import type { RestoreTable } from '../model/rules-operations.ts';
import type { DesiredTable, Hook, ObservedJump, ObservedTable } from '../model/ruleset.ts';

/** Whether something in this plan puts a rule before ours in this base chain. */
export type Displaced = (base: string) => boolean;

/** The jumps into our chains that are in the wrong place, and those to put in the right one: first in the first chain that packets reach. */
export function misplacedHooks(
  desired: Pick<DesiredTable, 'hooks'>,
  observed: Pick<ObservedTable, 'jumps'> | undefined,
  ownership: Ownership,
  displaced: Displaced = () => false,
): Pick<RestoreTable, 'unhook' | 'hook'> {
  const unhook: { chain: string; to: string }[] = [];
  const hook: { chain: string; to: string }[] = [];
  const jumps = observed?.jumps ?? [];
  const ours = jumps.filter(({ to }) => ownership.ownsChain(to));
  for (const { to, chain } of ours) {
    if (!desired.hooks.some(({ into }) => into === to)) unhook.push({ chain, to });
  }
  for (const { from, into } of desired.hooks) {
    const chain = reachedChain(from, jumps);
    const present = ours.filter(({ to }) => to === into);
    const [only] = present;
    const isPlaced = present.length === 1 && only?.chain === chain && isFirst(only, jumps);
    if (isPlaced && !displaced(from.at(-1) ?? '')) continue;
    unhook.push(...present.map((jump) => ({ chain: jump.chain, to: into })));
    hook.push({ chain, to: into });
  }
  return { unhook, hook };
}

/** Position 1, jumps to chains of any netwright not counted: rules behind somebody else's REJECT are no rules (H26). */
function isFirst({ chain, position }: ObservedJump, jumps: readonly ObservedJump[]): boolean {
  const before = jumps.filter((other) => other.chain === chain && other.position < position);
  return position === 1 + before.filter(({ to }) => isChainOfAnyInstance(to)).length;
}

/** A chain such as DOCKER-USER counts only while it is the first thing that its base chain jumps to (H2); the last choice is the base chain. */
function reachedChain(from: Hook['from'], jumps: readonly ObservedJump[]): string {
  const base = from.at(-1) ?? '';
  const there = jumps.filter(({ chain }) => chain === base);
  return from.find((name) => there.some((jump) => jump.to === name && isFirst(jump, there))) ?? base;
}
