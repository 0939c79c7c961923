/** Thrown as it is, since nobody reads its stack. */
export const notPlain = new Error('not of the plainest kind');

/** As it is always written. */
export const wholeNumber = /^(0|[1-9][0-9]{0,14})$/;
/** What begins with a digit and is text in any case: an address, a block, a range of ports. */
const plainlyText = /^([0-9]+\.[0-9]+\.[0-9]+\.[0-9]+(\/[0-9]+)?|[0-9]+-[0-9]+)$/;
/** What may be a number in one of its many spellings. */
const perhapsNumber = /^[0-9][\w.+-]*$/;

/** What stands there without quotes, by YAML's core schema; throws `notPlain` where that takes a closer look. */
export function readScalar(source: string): string | number | boolean {
  const first = source.charCodeAt(0);
  if (first >= 48 && first <= 57) {
    if (wholeNumber.test(source)) return Number(source);
    if (!plainlyText.test(source) && perhapsNumber.test(source)) throw notPlain;
    return source;
  }
  if (source === 'true') return true;
  if (source === 'false') return false;
  if (source.length < 6 && /^(null|true|false)$/i.test(source)) throw notPlain;
  return source;
}
