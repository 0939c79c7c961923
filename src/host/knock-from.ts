import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hostNamespace, type NamespaceId } from '../model/namespace.ts';
import type { Run } from './command.ts';
import { type Door, type Knock, knockAtAll } from './knock.ts';
import type { Namespaces } from './netns.ts';
import { enter } from './place.ts';

/** Compiled beside this one. */
const program = fileURLToPath(new URL(`knock-program${extname(import.meta.url)}`, import.meta.url));

/** What a process of ours needs to begin, on a busy machine too, beyond what each door may take. */
const startMs = 10_000;
const eachMs = 100;

/** Reaches each of the doors once from this namespace, in a container by one process for all of them; NAMESPACE_GONE when it is gone. */
export async function knockFrom(
  host: { readonly run: Run; readonly namespaces: Namespaces },
  from: NamespaceId,
  doors: readonly Door[],
  signal: AbortSignal,
): Promise<readonly Knock[]> {
  if (from === hostNamespace) return await knockAtAll(doors);
  const input = JSON.stringify(doors);
  const timeoutMs = startMs + eachMs * doors.length;
  const told = await enter(host, from, ({ run }) =>
    run([process.execPath, program], { input, signal, timeoutMs }),
  );
  return JSON.parse(told) as readonly Knock[];
}
