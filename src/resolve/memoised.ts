/** The look-up, done once for each name: the ten thousand policies of a file speak of the same few things. */
export function memoised<T>(lookUp: (name: string) => T): (name: string) => T {
  const known = new Map<string, T>();
  return (name) => {
    const answer = known.get(name);
    if (answer !== undefined || known.has(name)) return answer as T;
    const fresh = lookUp(name);
    known.set(name, fresh);
    return fresh;
  };
}
