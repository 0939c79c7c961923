/** Whether two values of files say the same, keys in the same order. */
export function sameValue(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false;
  if (Array.isArray(one) || Array.isArray(other)) return sameLists(one, other);
  const [keys, others] = [Object.keys(one), Object.keys(other)];
  if (keys.length !== others.length) return false;
  const [fields, otherFields] = [one as Fields, other as Fields];
  return keys.every((key, at) => key === others[at] && sameValue(fields[key], otherFields[key]));
}

type Fields = Readonly<Record<string, unknown>>;

function sameLists(one: unknown, other: unknown): boolean {
  if (!Array.isArray(one) || !Array.isArray(other) || one.length !== other.length) return false;
  return one.every((item, index) => sameValue(item, other[index]));
}
