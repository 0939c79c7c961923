import { familyOf } from './block.ts';

/** Docker before 28 makes the MAC of an endpoint out of its IPv4 address (libnetwork, netutils.GenerateMACFromIP). */
export function generatedMacAddress(address: string): string | undefined {
  if (familyOf(address) !== 4) return undefined;
  const bytes = address.split('.').map((part) => Number(part).toString(16).padStart(2, '0'));
  return ['02', '42', ...bytes].join(':');
}
