import { fieldsOf, listOf, textFieldsOf, textOf, textsOf } from '../host/answer.ts';
import { membersLabels } from '../host/members-volume.ts';
import type { KeptMembers, Member } from '../model/inventory.ts';

/**
 * The members kept in the answer to `GET /volumes`. Two volumes for one network are one list: the newer is made before the
 * older is removed, so a crash in between loses nobody.
 */
export function readKeptMembers(answer: unknown): readonly KeptMembers[] {
  const byNetwork = new Map<string, Map<string, Member>>();
  for (const volume of listOf(fieldsOf(answer)['Volumes'])) {
    const labels = textFieldsOf(fieldsOf(volume)['Labels']);
    const network = labels[membersLabels.network];
    if (network === undefined) continue;
    const members = byNetwork.get(network) ?? new Map<string, Member>();
    byNetwork.set(network, members);
    for (const member of parseMembers(labels[membersLabels.members] ?? '')) {
      members.set(member.containerId, member);
    }
  }
  return [...byNetwork].map(([network, members]) => ({ network, members: [...members.values()] }));
}

function parseMembers(json: string): readonly Member[] {
  try {
    return listOf(JSON.parse(json)).flatMap((member) => readMember(member) ?? []);
  } catch {
    return [];
  }
}

function readMember(value: unknown): Member | undefined {
  const fields = fieldsOf(value);
  const containerId = textOf(fields['containerId']);
  const macAddress = textOf(fields['macAddress']);
  const { gatewayPriority } = fields;
  if (containerId === '') return undefined;
  return {
    containerId,
    containerName: textOf(fields['containerName']),
    addresses: textsOf(fields['addresses']),
    aliases: textsOf(fields['aliases']),
    ...(macAddress !== '' && { macAddress }),
    driverOptions: textFieldsOf(fields['driverOptions']),
    ...(typeof gatewayPriority === 'number' && { gatewayPriority }),
    owned: fields['owned'] === true,
  };
}
