import { type BackendFacts, chooseBackend } from '../host/backend.ts';
import type { Host } from '../host/host.ts';
import { usesIpv6 } from '../host/ipv6.ts';
import type { Place } from '../host/place.ts';
import type { Question } from '../host/questions.ts';
import { digestOfRules, savedRules, savingRules } from '../host/saved-rules.ts';
import { parseSave } from '../iptables/parse.ts';
import type { NamespaceState } from '../model/namespace.ts';
import type { Backend, Family } from '../model/ruleset.ts';

export type Rules = Pick<NamespaceState, 'tables' | 'legacyDigests'>;

/** The host's tables of both families, and the store they are in: all four are read at once, since which one it is their content says. */
export async function observeHostTables(
  host: Host,
  place: Place,
  signal: AbortSignal,
): Promise<{ readonly facts: BackendFacts; readonly rules: Rules }> {
  const families = hostFamilies(place);
  const read = (backend: Backend) => readFamilies(host, place, backend, families, signal);
  const [nft, legacy] = await Promise.all([read('nft'), read('legacy')]);
  const four = { nft: nft.get(4) ?? '', legacy: legacy.get(4) ?? '' };
  const facts = chooseBackend(four, host.iptables.defaultBackend);
  return { facts, rules: rulesIn(host, facts.backend, { nft, legacy }[facts.backend]) };
}

/** What is asked for this. */
export function hostTableQuestions(host: Host, place: Place): readonly Question[] {
  return (['nft', 'legacy'] as const).flatMap((backend) =>
    tableQuestions(host, place, backend, hostFamilies(place)),
  );
}

function hostFamilies(place: Place): readonly Family[] {
  return usesIpv6(place) ? [4, 6] : [4];
}

/** What is asked for the tables of one store and these families. */
export function tableQuestions(
  host: Host,
  place: Pick<Place, 'procNet'>,
  backend: Backend,
  families: readonly Family[],
): readonly Question[] {
  return families.flatMap((family) => {
    const argv = savingRules(host, place, backend, family);
    return argv === undefined ? [] : [{ argv }];
  });
}

/** A container's tables of these families. */
export async function observeTables(
  host: Host,
  place: Place,
  backend: Backend,
  families: readonly Family[],
  signal: AbortSignal,
): Promise<Rules> {
  return rulesIn(host, backend, await readFamilies(host, place, backend, families, signal));
}

type Saved = ReadonlyMap<Family, string>;

async function readFamilies(
  host: Host,
  place: Place,
  backend: Backend,
  families: readonly Family[],
  signal: AbortSignal,
): Promise<Saved> {
  const saved = families.map(
    async (family) => [family, await savedRules(host, place, backend, family, signal)] as const,
  );
  return new Map(await Promise.all(saved));
}

function rulesIn({ ownership }: Host, backend: Backend, saved: Saved): Rules {
  const tables = [...saved].flatMap(([family, text]) => parseSave(text, family, ownership));
  if (backend === 'nft') return { tables };
  const digests = [...saved].map(([family, text]) => [family, digestOfRules(text)] as const);
  return { tables, legacyDigests: new Map(digests) };
}
