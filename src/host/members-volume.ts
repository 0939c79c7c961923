import { createHash } from 'node:crypto';
import type { KeptMembers } from '../model/inventory.ts';

/** Labels of the empty volume in which the engine keeps the members of a network while it is being replaced. */
export const membersLabels = {
  network: 'io.netwright.network',
  members: 'io.netwright.members',
} as const;

/** A volume's name and labels; another list of members has another name, because the engine never changes a volume's labels. */
export function membersVolume(
  instance: string,
  kept: KeptMembers,
): { readonly name: string; readonly labels: Readonly<Record<string, string>> } {
  const members = JSON.stringify(kept.members);
  const digest = createHash('sha256').update(`${kept.network}\n${members}`).digest('hex').slice(0, 12);
  const readable = kept.network.replace(/[^A-Za-z0-9_.-]/g, '-').slice(0, 60);
  return {
    name: `netwright-${instance}-${readable}-${digest}`,
    labels: { [membersLabels.network]: kept.network, [membersLabels.members]: members },
  };
}
