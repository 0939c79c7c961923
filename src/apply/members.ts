import { fieldsOf, listOf, textFieldsOf, textOf } from '../host/answer.ts';
import type { Host } from '../host/host.ts';
import { membersLabels, membersVolume } from '../host/members-volume.ts';
import type { ForgetMembers, KeepMembers } from '../model/network-operations.ts';

/** Keeps the members on the engine; an older list of the same network goes only when this one is there. */
export async function keepMembers(host: Host, operation: KeepMembers, signal: AbortSignal): Promise<void> {
  const { engine, ownership } = host;
  const { network, members } = operation;
  const volume = membersVolume(ownership.instance, { network, members });
  await engine.createVolume(volume.name, { [ownership.label]: ownership.instance, ...volume.labels }, signal);
  await removeVolumes(host, network, volume.name, signal);
}

/** Forgets the members that were kept for this network. */
export function forgetMembers(host: Host, operation: ForgetMembers, signal: AbortSignal): Promise<void> {
  return removeVolumes(host, operation.network, undefined, signal);
}

async function removeVolumes(
  { engine, ownership }: Host,
  network: string,
  except: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  const answer = await engine.listVolumes(ownership.label, ownership.instance, signal);
  for (const entry of listOf(fieldsOf(answer)['Volumes'])) {
    const volume = fieldsOf(entry);
    const name = textOf(volume['Name']);
    const isOfNetwork = textFieldsOf(volume['Labels'])[membersLabels.network] === network;
    if (isOfNetwork && name !== '' && name !== except) await engine.removeVolume(name, signal);
  }
}
