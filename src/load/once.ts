/** The thing made when it is first asked for, and the same from then on. */
export function once<T>(make: () => T): () => T {
  const made: T[] = [];
  return () => {
    const [first] = made;
    if (first !== undefined) return first;
    const value = make();
    made.push(value);
    return value;
  };
}
