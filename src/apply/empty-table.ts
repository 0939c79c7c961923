import { fieldsOf, listOf } from '../host/answer.ts';

/**
 * Whether nobody misses the table when it goes, by what `nft -j list table` says of it: it holds nothing but base chains
 * without rules that accept everything, and our mark, a chain of that name. What cannot be understood is not empty.
 */
export function isEmptyTable(json: string, mark: string): boolean {
  const objects = objectsIn(json);
  return objects.some((object) => 'table' in object) && objects.every((object) => isHarmless(object, mark));
}

function isHarmless(object: Readonly<Record<string, unknown>>, mark: string): boolean {
  const [kind, ...others] = Object.keys(object);
  if (others.length > 0) return false;
  if (kind === 'metainfo' || kind === 'table') return true;
  const { hook, policy, name } = fieldsOf(object['chain']);
  return name === mark || (typeof hook === 'string' && policy === 'accept');
}

function objectsIn(json: string): readonly Readonly<Record<string, unknown>>[] {
  try {
    const { nftables } = fieldsOf(JSON.parse(json));
    return listOf(nftables).map(fieldsOf);
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}
