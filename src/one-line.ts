/** JSON of one line that speaks to no terminal and is one line to everybody: names in it come from labels and files. */
export function escaped(json: string): string {
  if (/^[ -~]*$/.test(json)) return json;
  return json.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    Array.from(character, (each) => each.charCodeAt(0))
      .map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`)
      .join(''),
  );
}
