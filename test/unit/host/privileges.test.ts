import { expect, test } from 'vitest';
import { capabilitiesMissingIn } from '../../../src/host/privileges.ts';

const status = (effective: string) =>
  `Name:\tnode\nCapPrm:\t000001ffffffffff\nCapEff:\t${effective}\nCapBnd:\t0\n`;

test.each([
  ['root', '000001ffffffffff', []],
  ['nobody', '0000000000000000', ['NET_ADMIN', 'SYS_ADMIN']],
  ['a container with --cap-add NET_ADMIN', '00000000a80435fb', ['SYS_ADMIN']],
  ['a container with both', '00000000a82435fb', []],
] as const)('%s lacks what it lacks', (_, effective, missing) => {
  expect(capabilitiesMissingIn(status(effective))).toEqual(missing);
});

test('a process of which nothing is told lacks everything', () => {
  expect(capabilitiesMissingIn('')).toEqual(['NET_ADMIN', 'SYS_ADMIN']);
});
