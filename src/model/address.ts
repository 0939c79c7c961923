import { blockOf, cut, familyOf, lastOf, numberOf, render, renderBlock, split } from './block.ts';
import type { Family } from './config.ts';
import { isIpv4, isIpv4Cidr } from './ipv4.ts';

/** The block of all addresses of a family. */
export const everyAddress: Readonly<Record<Family, string>> = { 4: '0.0.0.0/0', 6: '::/0' };

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
