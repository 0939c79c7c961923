import { describe, expect, test } from 'vitest';
import type { Chain, Match, Rule, Target } from '../../../src/model/ruleset.ts';
import { allowEntry, type SetElement } from '../../../src/model/sets.ts';
import { regionOf } from '../../../src/plan/region.ts';
import type { Loss } from '../../../src/plan/taken-away.ts';
import { takenAway } from '../../../src/plan/taken-away.ts';
import { type Ruleset, speakersOf } from '../../../src/plan/written-out.ts';

const accept: Target = { kind: 'accept' };
const drop: Target = { kind: 'drop' };
const set = { name: 'netwright-allow', by: ['dst', 'dst', 'src'] } as const;
const lookUp: Rule = { match: { set }, target: accept, comment: 'policies in a set' };
const traffic = (from: number, to = from): Match => ({
  source: '10.1.0.2/32',
  destination: '10.2.0.2/32',
  protocol: 'tcp',
  destinationPorts: [{ from, to }],
});
const rule = (match: Match, target: Target, comment = 'a policy'): Rule => ({ match, target, comment });
const element = (port: number, comment = 'a policy'): SetElement => ({
  entry: allowEntry('10.2.0.2/32', 'tcp', port, '10.1.0.2/32'),
  comment,
});
const ruleset = (rules: readonly Rule[], elements: readonly SetElement[] = []): Ruleset => ({
  chains: new Map([['FORWARD', rules]]),
  sets: new Map([[set.name, { name: set.name, type: 'hash:ip,port,net', elements }]]),
});

/** All that differs is looked at, as after any change of both. */
function lost(before: Ruleset, after: Ruleset): readonly Loss[] {
  const elements = ({ sets }: Ruleset): readonly SetElement[] => sets.get(set.name)?.elements ?? [];
  const missing = (of: Ruleset, from: Ruleset) => (): readonly SetElement[] => {
    const there = new Set(elements(from).map(({ entry }) => entry));
    return elements(of).filter(({ entry }) => !there.has(entry));
  };
  const chains = new Set(['FORWARD']);
  return takenAway(before, after, { chains, removed: missing(before, after), added: missing(after, before) });
}

describe('no permission is lost', () => {
  const other = rule(traffic(80), accept);
  test.each<readonly [string, Ruleset, Ruleset]>([
    ['when a policy comes', ruleset([other]), ruleset([other, rule(traffic(81), accept)])],
    ['when a policy has another name', ruleset([other]), ruleset([rule(traffic(80), accept, 'renamed')])],
    ['when a policy is widened', ruleset([other]), ruleset([rule(traffic(80, 90), accept)])],
    ['when a policy moves from a rule to a set', ruleset([lookUp, other]), ruleset([lookUp], [element(80)])],
    ['when a policy moves from a set to a rule', ruleset([lookUp], [element(80)]), ruleset([lookUp, other])],
    ['when a refusal goes', ruleset([rule(traffic(80), drop), other]), ruleset([other])],
    ['when accepts change places', ruleset([other, rule({}, accept)]), ruleset([rule({}, accept), other])],
    [
      'when the accept of answers goes',
      ruleset([rule({ states: ['ESTABLISHED'], direction: 'REPLY' }, accept)]),
      ruleset([]),
    ],
  ])('%s', (_, before, after) => {
    expect(lost(before, after)).toEqual([]);
  });
});

describe('a permission is lost', () => {
  const other = rule(traffic(80), accept);
  test.each<readonly [string, Ruleset, Ruleset, Match]>([
    ['when its rule goes', ruleset([other]), ruleset([]), traffic(80)],
    [
      'when its element goes',
      ruleset([lookUp], [element(80), element(81)]),
      ruleset([lookUp], [element(81)]),
      traffic(80),
    ],
    ['when it is narrowed', ruleset([rule(traffic(80, 90), accept)]), ruleset([other]), traffic(80, 90)],
    ['when a refusal comes', ruleset([other]), ruleset([rule({}, drop), other]), {}],
    [
      'when a refusal moves before it',
      ruleset([other, rule({}, drop)]),
      ruleset([rule({}, drop), other]),
      {},
    ],
    [
      'when it moves behind a refusal',
      ruleset([lookUp, rule(traffic(80, 90), drop)], [element(80)]),
      ruleset([lookUp, rule(traffic(80, 90), drop), other]),
      traffic(80),
    ],
  ])('%s', (_, before, after, match) => {
    expect(lost(before, after).map((loss) => loss.rule.match)).toEqual([match]);
  });
});

test('of ten thousand policies only those are spoken of that speak of the same connections', () => {
  const many = Array.from({ length: 10_000 }, (_, index): SetElement => {
    const target = `10.3.${Math.floor(index / 250)}.${index % 250}/32`;
    return { entry: allowEntry(target, 'tcp', 80, '10.1.0.0/16'), comment: `policy ${index}` };
  });
  const mine = ruleset([lookUp, rule(traffic(0, 65_535), drop, 'the rest')], [...many, element(80)]);
  const spoken: readonly Chain[] = [
    { name: 'FORWARD', rules: [rule(traffic(80), accept), rule(traffic(0, 65_535), drop, 'the rest')] },
  ];
  expect(speakersOf(mine, [regionOf(traffic(80))])).toEqual({ chains: spoken, sets: [] });
});
