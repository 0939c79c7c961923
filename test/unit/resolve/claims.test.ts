import { expect, test } from 'vitest';
import type { PolicyEntry } from '../../../src/model/config.ts';
import { portText } from '../../../src/model/ruleset.ts';
import { type Claim, claimsOfPolicy, noClaims } from '../../../src/resolve/claims.ts';

const claim = (name: string, from: number, to = from, iface?: string): Claim => ({
  protocol: 'tcp',
  ports: { from, to },
  ...(iface !== undefined && { iface }),
  claimant: { id: name, name },
});

/** Who gets what of which claim, in words. */
const shared = (...all: readonly Claim[]) => {
  const claims = noClaims();
  return all.map((each) => {
    const { free, taken } = claims.take(each);
    return [
      ...free.map((range) => `${each.claimant.name} ${portText(range)}`),
      ...taken.map(({ ports, claimant }) => `${portText(ports)} is ${claimant.name}'s`),
    ].join(', ');
  });
};

test('who comes first has the port', () => {
  expect(shared(claim('old', 80), claim('young', 80), claim('young', 81))).toEqual([
    'old 80',
    "80 is old's",
    'young 81',
  ]);
});

test('of a range what is taken is left out', () => {
  expect(shared(claim('old', 85), claim('older', 88, 89), claim('young', 80, 90))).toEqual([
    'old 85',
    'older 88-89',
    "young 80-84, young 86-87, young 90, 85 is old's, 88-89 is older's",
  ]);
});

test('who claims a port twice does not stand in his own way', () => {
  expect(shared(claim('web', 80), claim('web', 80, 81))).toEqual(['web 80', 'web 81']);
});

test('protocols do not stand in each other’s way', () => {
  expect(shared(claim('one', 53), { ...claim('other', 53), protocol: 'udp' })).toEqual([
    'one 53',
    'other 53',
  ]);
});

test('an interface does not stand in the way of another, every one does', () => {
  expect(shared(claim('one', 80, 80, 'wg0'), claim('other', 80, 80, 'wg1'))).toEqual(['one 80', 'other 80']);
  expect(shared(claim('one', 80), claim('other', 80, 80, 'wg1'))).toEqual(['one 80', "80 is one's"]);
  expect(shared(claim('one', 80, 80, 'wg+'), claim('other', 80, 80, 'wg1'))).toEqual([
    'one 80',
    "80 is one's",
  ]);
  // The other still has all that comes in by other interfaces.
  expect(shared(claim('one', 80, 80, 'wg0'), claim('other', 80))).toEqual(['one 80', 'other 80']);
});

const policy: PolicyEntry = {
  origin: { file: 'networks.yaml', pointer: '/policies/0' },
  index: 0,
  to: ['db'],
  ports: [{ from: 80, to: 80 }],
  proto: 'tcp',
  action: 'accept',
  log: false,
  nat: 'dnat',
  iface: 'wg0',
};

test('a policy of the file claims what it translates for everybody', () => {
  const claims = (more: Partial<PolicyEntry>) =>
    claimsOfPolicy({ ...policy, ...more }, 'the file').map(
      ({ protocol, ports }) => `${protocol} ${portText(ports)}`,
    );
  expect(claims({})).toEqual(['tcp 80']);
  expect(claims({ from: ['any'] })).toEqual(['tcp 80']);
  expect(claims({ proto: 'any', ports: [] })).toEqual(['tcp 0-65535', 'udp 0-65535', 'sctp 0-65535']);
  expect(claims({ from: ['10.0.0.0/8'] })).toEqual([]);
  expect(claims({ proto: 'icmp', ports: [] })).toEqual([]);
});
