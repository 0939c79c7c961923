import { boundsOf, containsAddress } from './address.ts';
import {
  type Block,
  bitsOf,
  blockOf,
  familyOf,
  lastOf,
  numberOf,
  render,
  renderBlock,
  sizeOf,
} from './block.ts';

/** The first and the last address of the range that a host in the subnet may have. */
export function assignableRange(
  range: string,
  subnet: string,
): { readonly first: string; readonly last: string } {
  const [inner, outer] = [blockOf(range), blockOf(subnet)];
  const { family, prefix } = outer;
  const spare = prefix < bitsOf(family) - 1;
  const first = spare && inner.first === outer.first ? inner.first + 1n : inner.first;
  const last = spare && family === 4 && lastOf(inner) === lastOf(outer) ? lastOf(inner) - 1n : lastOf(inner);
  return { first: render(family, first), last: render(family, last) };
}

/** The first address of the subnet that a host may have and that is not taken; undefined when all are, or the subnet has none to spare. */
export function firstFreeAddress(subnet: string, taken: readonly string[]): string | undefined {
  const { family, first, prefix } = blockOf(subnet);
  const last = lastOf({ family, first, prefix });
  const values = new Set(taken.map(numberOf));
  for (let value = first + 1n; value < last; value++) if (!values.has(value)) return render(family, value);
  return undefined;
}

/** The last such address outside of the range. */
export function lastFreeAddress(
  subnet: string,
  taken: readonly string[],
  range: string | undefined,
): string | undefined {
  const [first, last] = boundsOf(subnet);
  const [from, to] = range === undefined ? [last, last] : boundsOf(range);
  const values = new Set(taken.map(numberOf));
  for (let value = last - 1n; value > first; value--) {
    if (value >= from && value <= to) value = from;
    else if (!values.has(value)) return render(familyOf(subnet), value);
  }
  return undefined;
}

/** Docker 20.10 refuses a range that ends where an IPv6 /64 ends, and more addresses than these nobody has containers for. */
const widestIpv6Range = 96;

/**
 * The largest aligned part of the subnet that holds none of the taken addresses, the highest of equals, of IPv6 no more than a /96;
 * undefined when every address is taken.
 */
export function chooseIpRange(subnet: string, taken: readonly string[]): string | undefined {
  const block = blockOf(subnet);
  const values = taken
    .filter((address) => containsAddress(subnet, address))
    .map((address) => numberOf(address))
    .filter((value) => value !== undefined);
  const free = largestFree(block, values);
  if (free === undefined) return undefined;
  return renderBlock(free.family === 6 ? { ...free, prefix: Math.max(free.prefix, widestIpv6Range) } : free);
}

function largestFree(block: Block, taken: readonly bigint[]): Block | undefined {
  if (taken.length === 0) return block;
  if (block.prefix === bitsOf(block.family)) return undefined;
  const middle = block.first + sizeOf(block) / 2n;
  const half = { family: block.family, prefix: block.prefix + 1 };
  const low = largestFree(
    { ...half, first: block.first },
    taken.filter((value) => value < middle),
  );
  const high = largestFree(
    { ...half, first: middle },
    taken.filter((value) => value >= middle),
  );
  if (low === undefined || high === undefined) return low ?? high;
  return low.prefix < high.prefix ? low : high;
}
