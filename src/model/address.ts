import ipaddr from 'ipaddr.js';
import type { Family } from './config.ts';
import { ipv4Number, isIpv4, isIpv4Cidr } from './ipv4.ts';

/** What texts are worth handing to the parser: it throws, slowly, for what is not an address. */
const colons = /^[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*$/;

/** A block of addresses as numbers: the first, and how many bits are fixed. */
interface Block {
  readonly family: Family;
  readonly first: bigint;
  readonly prefix: number;
}

const bitsOf = (family: Family): number => (family === 4 ? 32 : 128);
const sizeOf = (block: Block): bigint => 1n << BigInt(bitsOf(block.family) - block.prefix);
const lastOf = (block: Block): bigint => block.first + sizeOf(block) - 1n;

/** The block of all addresses of a family. */
export const everyAddress: Readonly<Record<Family, string>> = { 4: '0.0.0.0/0', 6: '::/0' };

/** The family of a canonical address or CIDR. */
export function familyOf(text: string): Family {
  return text.includes(':') ? 6 : 4;
}

/** How IPv4 addresses written as IPv6 begin, ::ffff:0:0/96. */
const mappedIpv4 = 0xffffn;

function numberOf(address: string): bigint | undefined {
  const four = ipv4Number(address);
  if (four !== undefined) return BigInt(four);
  if (address.length > 45 || !colons.test(address) || !ipaddr.IPv6.isValid(address)) return undefined;
  const value = ipaddr.IPv6.parse(address).parts.reduce((sum, part) => (sum << 16n) | BigInt(part), 0n);
  return value >> 32n === mappedIpv4 ? undefined : value;
}

function render(family: Family, value: bigint): string {
  if (family === 4) return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 255n)).join('.');
  const parts = Array.from({ length: 8 }, (_, index) =>
    Number((value >> BigInt(112 - 16 * index)) & 0xffffn),
  );
  return new ipaddr.IPv6(parts).toRFC5952String();
}

function renderBlock(block: Block): string {
  return `${render(block.family, block.first)}/${block.prefix}`;
}

function split(text: string): { family: Family; value: bigint; prefix: number } | undefined {
  const slash = text.indexOf('/');
  const value = numberOf(slash === -1 ? text : text.slice(0, slash));
  if (value === undefined) return undefined;
  const family = familyOf(text);
  if (slash === -1) return { family, value, prefix: bitsOf(family) };
  const digits = text.slice(slash + 1);
  if (!/^(0|[1-9][0-9]{0,2})$/.test(digits) || Number(digits) > bitsOf(family)) return undefined;
  return { family, value, prefix: Number(digits) };
}

/** The block a CIDR, or an address as a block of one, stands for; host bits are cut off. */
function blockOf(text: string): Block {
  const parts = split(text);
  if (parts === undefined) throw new TypeError(`not an address or CIDR: ${text}`);
  return cut(parts);
}

function cut(parts: { family: Family; value: bigint; prefix: number }): Block {
  const host = BigInt(bitsOf(parts.family) - parts.prefix);
  return { family: parts.family, first: (parts.value >> host) << host, prefix: parts.prefix };
}

/** The address as the kernel prints it, or undefined: no zone, no IPv4 in IPv6, no octal or short IPv4 form is an address. */
export function parseAddress(text: string): string | undefined {
  if (isIpv4(text)) return text;
  const value = numberOf(text);
  return value === undefined ? undefined : render(familyOf(text), value);
}

/** The CIDR as the kernel prints it, host bits cut off, or undefined; an address alone is no CIDR. */
export function parseCidr(text: string): string | undefined {
  if (!text.includes('/')) return undefined;
  if (isIpv4Cidr(text)) return text;
  const parts = split(text);
  return parts === undefined ? undefined : renderBlock(cut(parts));
}

/** An IPv6 text with its end in hexadecimal where it is written as IPv4, as glibc writes addresses in ::/96. */
export function hexadecimal(text: string): string {
  return text.replace(/([0-9]+)\.([0-9]+)\.([0-9]+)\.([0-9]+)/, (_, ...parts: string[]) => {
    const [a = 0, b = 0, c = 0, d = 0] = parts.slice(0, 4).map(Number);
    return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
  });
}

/** Whether a CIDR was written with bits set beyond its prefix, as 10.0.0.1/8. */
export function hasHostBits(cidr: string): boolean {
  const parts = split(cidr);
  return parts !== undefined && cut(parts).first !== parts.value;
}

/** The address as a CIDR of one address (/32 or /128), canonical; a CIDR stays one. */
export function toCidr(addressOrCidr: string): string {
  if (isIpv4(addressOrCidr)) return `${addressOrCidr}/32`;
  return renderBlock(blockOf(addressOrCidr));
}

/** The number after the slash of a canonical CIDR. */
export function prefixLength(cidr: string): number {
  return Number(cidr.slice(cidr.indexOf('/') + 1));
}

/** Whether two texts are the same address, however written. */
export function sameAddress(a: string, b: string): boolean {
  const value = numberOf(a);
  return value !== undefined && familyOf(a) === familyOf(b) && value === numberOf(b);
}

/** Whether the address lies in the CIDR; false across families. */
export function containsAddress(cidr: string, address: string): boolean {
  return containsCidr(cidr, address);
}

/** Whether all of the inner CIDR (or address) lies in the outer; false across families. */
export function containsCidr(outer: string, inner: string): boolean {
  const [a, b] = [blockOf(outer), blockOf(inner)];
  return a.family === b.family && a.first <= b.first && lastOf(b) <= lastOf(a);
}

/** The first and the last address of a CIDR, or twice an address, as numbers; comparable only within one family. */
export function boundsOf(addressOrCidr: string): readonly [first: bigint, last: bigint] {
  const block = blockOf(addressOrCidr);
  return [block.first, lastOf(block)];
}

/** Whether two CIDRs share an address; false across families. */
export function overlaps(one: string, other: string): boolean {
  const [a, b] = [blockOf(one), blockOf(other)];
  return a.family === b.family && a.first <= lastOf(b) && b.first <= lastOf(a);
}

/** The first address of the CIDR. */
export function networkAddress(cidr: string): string {
  const block = blockOf(cidr);
  return render(block.family, block.first);
}

/** The broadcast address of an IPv4 CIDR of /30 or wider; other subnets have none. */
export function broadcastAddress(cidr: string): string | undefined {
  const block = blockOf(cidr);
  return block.family === 4 && block.prefix <= 30 ? render(4, lastOf(block)) : undefined;
}

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

/** The CIDR that begins with the one address and ends with the other, its own first and last address counted or not; else undefined. */
export function rangeCidr(one: string, other: string): string | undefined {
  const [from, to] = [split(one), split(other)];
  if (from?.family !== to?.family || from === undefined || to === undefined) return undefined;
  let { prefix } = from;
  while (cut({ ...from, prefix }).first !== cut({ ...to, prefix }).first) prefix--;
  const block = cut({ ...from, prefix });
  const isWhole = from.value - block.first <= 1n && lastOf(block) - to.value <= 1n;
  return isWhole ? renderBlock(block) : undefined;
}

/** A number for ordering addresses and CIDRs: IPv4 before IPv6, then by first address, then the wider block. */
export function compareAddresses(one: string, other: string): number {
  const [a, b] = [blockOf(one), blockOf(other)];
  if (a.family !== b.family) return a.family - b.family;
  if (a.first !== b.first) return a.first < b.first ? -1 : 1;
  return a.prefix - b.prefix;
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

/** A look-up from an address to what belongs to the narrowest of these CIDRs that holds it; its cost does not grow with their number. */
export function indexByCidr<T>(
  entries: Iterable<readonly [cidr: string, item: T]>,
): (address: string) => T | undefined {
  const items = new Map<string, T>();
  const prefixes: Record<Family, Set<number>> = { 4: new Set(), 6: new Set() };
  for (const [cidr, item] of entries) {
    const block = blockOf(cidr);
    prefixes[block.family].add(block.prefix);
    const key = renderBlock(block);
    if (!items.has(key)) items.set(key, item);
  }
  const narrowestFirst = {
    4: [...prefixes[4]].sort((a, b) => b - a),
    6: [...prefixes[6]].sort((a, b) => b - a),
  };
  return (address) => {
    const parts = split(address);
    if (parts === undefined) return undefined;
    for (const prefix of narrowestFirst[parts.family]) {
      const key = renderBlock(cut({ ...parts, prefix }));
      if (items.has(key)) return items.get(key);
    }
    return undefined;
  };
}
