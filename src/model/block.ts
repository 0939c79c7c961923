import ipaddr from 'ipaddr.js';
import type { Family } from './config.ts';
import { ipv4Number } from './ipv4.ts';

/** What texts are worth handing to the parser: it throws, slowly, for what is not an address. */
const colons = /^[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*$/;

/** A block of addresses as numbers: the first, and how many bits are fixed. */
export interface Block {
  readonly family: Family;
  readonly first: bigint;
  readonly prefix: number;
}

/** How many bits an address of the family has. */
export const bitsOf = (family: Family): number => (family === 4 ? 32 : 128);

/** How many addresses it holds. */
export const sizeOf = (block: Block): bigint => 1n << BigInt(bitsOf(block.family) - block.prefix);

/** The last of its addresses. */
export const lastOf = (block: Block): bigint => block.first + sizeOf(block) - 1n;

/** The family of a canonical address or CIDR. */
export function familyOf(text: string): Family {
  return text.includes(':') ? 6 : 4;
}

/** How IPv4 addresses written as IPv6 begin, ::ffff:0:0/96. */
const mappedIpv4 = 0xffffn;

/** The address as a number; undefined for what is no address, IPv4 written as IPv6 included. */
export function numberOf(address: string): bigint | undefined {
  const four = ipv4Number(address);
  if (four !== undefined) return BigInt(four);
  if (address.length > 45 || !colons.test(address) || !ipaddr.IPv6.isValid(address)) return undefined;
  const value = ipaddr.IPv6.parse(address).parts.reduce((sum, part) => (sum << 16n) | BigInt(part), 0n);
  return value >> 32n === mappedIpv4 ? undefined : value;
}

/** The address of a number, as the kernel prints it. */
export function render(family: Family, value: bigint): string {
  if (family === 4) return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 255n)).join('.');
  const parts = Array.from({ length: 8 }, (_, index) =>
    Number((value >> BigInt(112 - 16 * index)) & 0xffffn),
  );
  return new ipaddr.IPv6(parts).toRFC5952String();
}

/** The block as a canonical CIDR. */
export function renderBlock(block: Block): string {
  return `${render(block.family, block.first)}/${block.prefix}`;
}

/** What an address or CIDR says, its host bits kept; undefined for what is neither. */
export function split(text: string): { family: Family; value: bigint; prefix: number } | undefined {
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
export function blockOf(text: string): Block {
  const parts = split(text);
  if (parts === undefined) throw new TypeError(`not an address or CIDR: ${text}`);
  return cut(parts);
}

/** The block that holds the address, its host bits cut off. */
export function cut(parts: { family: Family; value: bigint; prefix: number }): Block {
  const host = BigInt(bitsOf(parts.family) - parts.prefix);
  return { family: parts.family, first: (parts.value >> host) << host, prefix: parts.prefix };
}
