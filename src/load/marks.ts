import type { Mark } from '../model/config.ts';

/** The mark in a field of this name, `2` or `0x1/0xff`; what makes no sense in it is said. */
export function readMark(value: string | number, field: string, say: (message: string) => void): Mark {
  const text = String(value);
  const [mark = 0, mask] = text.split('/').map(Number);
  if (mark > 0xffffffff || (mask ?? 0) > 0xffffffff) {
    say(`${field} ${text} has more than 32 bits`);
  } else if (mask === 0) {
    say(`${field} ${text} says nothing of any mark: its mask is empty`);
  } else if (mask !== undefined && (mark & ~mask) >>> 0 !== 0) {
    say(`${field} ${text} can never match: the mark has bits outside its mask`);
  }
  return mask === undefined ? { mark } : { mark, mask };
}
