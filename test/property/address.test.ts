import { isIP } from 'node:net';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  containsAddress,
  containsCidr,
  overlaps,
  parseAddress,
  parseCidr,
  prefixLength,
} from '../../src/model/address.ts';
import { indexByCidr } from '../../src/model/cidr-index.ts';
import { chooseIpRange } from '../../src/model/free-addresses.ts';

const address = fc.oneof(fc.ipV4(), fc.ipV6());
const cidrs = (bits: number, one: fc.Arbitrary<string>) =>
  fc
    .tuple(one, fc.integer({ min: 0, max: bits }))
    .map(([text, prefix]) => parseCidr(`${text}/${prefix}`) ?? '');
const cidr = fc.oneof(
  cidrs(32, fc.ipV4()),
  cidrs(
    128,
    fc.ipV6().filter((text) => parseAddress(text) !== undefined),
  ),
);

it('an address is what Node takes for one, but for zones and IPv4 inside IPv6', () => {
  const text = fc.oneof(address, fc.string(), fc.stringMatching(/^[0-9a-fF:.]*$/));
  fc.assert(
    fc.property(text, (candidate) => {
      const canonical = parseAddress(candidate);
      if (canonical === undefined)
        return isIP(candidate) === 0 || /[%.]/.test(candidate) || /^[0:]*ffff:/i.test(candidate);
      return (
        isIP(candidate) !== 0 && isIP(canonical) === isIP(candidate) && parseAddress(canonical) === canonical
      );
    }),
    { numRuns: 2000 },
  );
});

it('a chosen range lies in its subnet, is aligned, holds no taken address, and none larger would do', () => {
  const v4 = fc.tuple(
    fc.constant('10.9.8.0/24'),
    fc.array(fc.integer({ min: 0, max: 255 }).map((last) => `10.9.8.${last}`)),
  );
  const v6 = fc.tuple(
    fc.constant('fd00:9::/64'),
    fc.array(fc.bigInt(0n, 0xffffn).map((last) => `fd00:9::${last.toString(16)}`)),
  );
  fc.assert(
    fc.property(fc.oneof(v4, v6), ([subnet, taken]) => {
      const range = chooseIpRange(subnet, taken);
      if (range === undefined) return new Set(taken).size === 256;
      expect(containsCidr(subnet, range)).toBe(true);
      expect(parseCidr(range)).toBe(range);
      expect(taken.filter((one) => containsAddress(range, one))).toEqual([]);
      if (range === subnet || subnet.includes(':')) return true;
      const wider = prefixLength(range) - 1;
      for (let first = 0; first < 256; first += 2 ** (32 - wider)) {
        expect(taken.some((one) => containsAddress(`10.9.8.${first}/${wider}`, one))).toBe(true);
      }
      return true;
    }),
  );
});

it('two CIDRs overlap exactly when one holds the other', () => {
  fc.assert(fc.property(cidr, cidr, (a, b) => overlaps(a, b) === (containsCidr(a, b) || containsCidr(b, a))));
});

it('the index finds what looking at each CIDR finds', () => {
  fc.assert(
    fc.property(
      fc.array(cidr),
      address.filter((text) => parseAddress(text) !== undefined),
      (all, one) => {
        const holding = all
          .filter((each) => containsAddress(each, one))
          .sort((a, b) => prefixLength(b) - prefixLength(a));
        return indexByCidr(all.map((each) => [each, each]))(one) === holding[0];
      },
    ),
  );
});
