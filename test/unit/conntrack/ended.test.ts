import { describe, expect, test } from 'vitest';
import { endedBy } from '../../../src/conntrack/ended.ts';
import type { Flow } from '../../../src/conntrack/flow.ts';
import type { Surroundings } from '../../../src/conntrack/subject.ts';
import type { Spoken } from '../../../src/model/rules-operations.ts';
import type { Chain, Match, Rule, Target } from '../../../src/model/ruleset.ts';

const entries = { forward: 'FORWARD', input: 'INPUT', output: 'OUTPUT', prerouting: 'PREROUTING' };
const app = '10.1.0.2';
const db = '10.2.0.2';
const other = '10.2.0.3';
const gateway = '10.1.0.1';
const stranger = '203.0.113.9';

const surroundings: Surroundings = {
  isLocal: (address) => address === gateway || address === '10.2.0.1',
  linkTo: (address) =>
    address.startsWith('10.1.') ? 'front' : address.startsWith('10.2.') ? 'back' : undefined,
};

/** A connection to `asked`, answered by `reached`, which is the same unless it was translated. */
function flow(
  source: string,
  asked: string,
  port: number,
  reached = asked,
  reachedPort = port,
  protocol = 6,
): Flow {
  return {
    family: 4,
    protocol,
    original: { source, destination: asked, sourcePort: 40_000, destinationPort: port },
    reply: { source: reached, destination: source, sourcePort: reachedPort, destinationPort: 40_000 },
  };
}

const accept: Target = { kind: 'accept' };
const drop: Target = { kind: 'drop' };
const rule = (match: Match, target: Target): Rule => ({ match, target });
const from = (source: string, to: string, port?: number): Match => ({
  source: `${source}/32`,
  destination: `${to}/32`,
  ...(port !== undefined && { protocol: 'tcp', destinationPorts: [{ from: port, to: port }] }),
});
const forward = (...rules: readonly Rule[]): readonly Chain[] => [{ name: 'FORWARD', rules }];
const dnat = (match: Match, address: string, port?: number): readonly Chain[] => [
  {
    name: 'PREROUTING',
    rules: [
      rule(match, { kind: 'dnat', address, ...(port !== undefined && { ports: { from: port, to: port } }) }),
    ],
  },
];
const ended = (flows: readonly Flow[], before: readonly Chain[], after: readonly Chain[]) =>
  endedBy(
    flows,
    { before: { chains: before, sets: [] }, after: { chains: after, sets: [] } },
    entries,
    surroundings,
  );

const allow = { name: 'allow', type: 'hash:ip,port,net' } as const;
const lookUp = rule({ set: { name: allow.name, by: ['dst', 'dst', 'src'] } }, accept);
const managed = rule({ source: '10.0.0.0/8', destination: '10.0.0.0/8' }, drop);
const allowing = (...entries: readonly string[]): Spoken => ({
  chains: forward(lookUp, managed),
  sets: [{ ...allow, elements: entries.map((entry) => ({ entry })) }],
});

describe('of open connections', () => {
  test('those whose element of a set is gone are ended, and no others', () => {
    const flows = [flow(app, db, 5432), flow(app, db, 5433), flow(app, other, 5432), flow(other, app, 80)];
    const rest = [`${db},tcp:5433,10.1.0.0/16`, `${other},tcp:5432,${app}`];
    const before = allowing(`${db},tcp:5432,${app}`, ...rest);
    expect(endedBy(flows, { before, after: allowing(...rest) }, entries, surroundings)).toEqual([flows[0]]);
    expect(endedBy(flows, { before: allowing(), after: before }, entries, surroundings)).toEqual([]);
    const nothing: Spoken = { chains: [], sets: [] };
    expect(endedBy(flows, { before: nothing, after: before }, entries, surroundings)).toEqual([flows[3]]);
  });

  test('those that only the rule let in that is gone are ended', () => {
    const mine = flow(app, db, 5432);
    const flows = [
      mine,
      flow(app, db, 5433),
      flow(app, other, 5432),
      flow(other, db, 5432),
      flow(app, db, 5432, db, 5432, 17),
    ];
    expect(ended(flows, forward(rule(from(app, db, 5432), accept)), [])).toEqual([mine]);
  });

  test('those that another rule still accepts go on', () => {
    const before = forward(rule(from(app, db, 5432), accept), rule(from(app, db), accept));
    expect(ended([flow(app, db, 5432)], before, forward(rule(from(app, db), accept)))).toEqual([]);
  });

  test('those that a refusal now comes before are ended, and no others', () => {
    const [refusal, permission] = [rule(from(app, db, 5432), drop), rule(from(app, db), accept)];
    const flows = [flow(app, db, 5432), flow(app, db, 80)];
    expect(ended(flows, forward(permission, refusal), forward(refusal, permission))).toEqual([flows[0]]);
    expect(ended(flows, forward(refusal, permission), forward(permission, refusal))).toEqual([]);
  });

  test('those of the host itself were not let in by what is for forwarded ones', () => {
    const before = forward(rule({ destination: `${db}/32` }, accept));
    expect(ended([flow(gateway, db, 5432), flow('10.2.0.1', db, 5432)], before, [])).toEqual([]);
    expect(ended([flow(app, gateway, 53)], forward(rule({ source: `${app}/32` }, accept)), [])).toEqual([]);
  });

  test('those to the host are ended by what is for them', () => {
    const after: readonly Chain[] = [
      { name: 'INPUT', rules: [rule({ inInterface: 'front' }, { kind: 'jump', chain: 'HOST' })] },
      {
        name: 'HOST',
        rules: [rule({ states: ['ESTABLISHED'], direction: 'REPLY' }, accept), rule({}, drop)],
      },
    ];
    const flows = [flow(app, gateway, 53), flow(app, db, 53), flow(other, '10.2.0.1', 53)];
    expect(ended(flows, [], after)).toEqual([flows[0]]);
  });

  test('those within a network go on when it is set apart from the others', () => {
    const after: readonly Chain[] = [
      { name: 'FORWARD', rules: [rule({ inInterface: 'front' }, { kind: 'jump', chain: 'BETWEEN' })] },
      {
        name: 'BETWEEN',
        rules: [rule({ inInterface: 'front', outInterface: 'front' }, { kind: 'return' }), rule({}, drop)],
      },
    ];
    const flows = [flow(app, '10.1.0.9', 80), flow(app, db, 80)];
    expect(ended(flows, [], after)).toEqual([flows[1]]);
  });

  test('those whose answers alone a rule accepts are not accepted', () => {
    const answers = rule(
      { source: '10.1.0.0/24', states: ['RELATED', 'ESTABLISHED'], direction: 'REPLY' },
      accept,
    );
    const mine = flow(app, db, 5432);
    expect(ended([mine], forward(answers, rule(from(app, db, 5432), accept)), forward(answers))).toEqual([
      mine,
    ]);
  });

  test('those of a translation that is gone, or that leads elsewhere now, are ended', () => {
    const asked: Match = {
      inInterface: 'front',
      protocol: 'tcp',
      destinationPorts: [{ from: 8080, to: 8080 }],
    };
    const before = dnat(asked, db, 80);
    const flows = [
      flow(app, gateway, 8080, db, 80),
      flow(app, gateway, 8080),
      flow(app, gateway, 8081, db, 80),
    ];
    expect(ended(flows, before, [])).toEqual([flows[0]]);
    expect(ended(flows, before, dnat(asked, other, 80))).toEqual([flows[0]]);
    expect(ended(flows, before, dnat(asked, db, 81))).toEqual([flows[0]]);
    expect(ended(flows, before, dnat({ ...asked, source: `${other}/32` }, db, 80))).toEqual([flows[0]]);
    expect(
      ended(flows, before, dnat({ ...asked, destinationPorts: [{ from: 8000, to: 9000 }] }, db, 80)),
    ).toEqual([]);
  });

  test("those of an engine's translation were not let in by ours", () => {
    const flows = [flow(stranger, gateway, 8080, other, 80)];
    expect(ended(flows, dnat({ toLocalAddress: true }, db, 80), [])).toEqual([]);
  });

  test('those that one of several targets in turn was chosen for go on while it is a target', () => {
    const turn = (address: string, every?: number): Rule =>
      rule({ ...(every !== undefined && { every }), toLocalAddress: true }, { kind: 'dnat', address });
    const before = [{ name: 'PREROUTING', rules: [turn(db, 2), turn(other)] }];
    const flows = [flow(app, gateway, 80, db), flow(app, gateway, 80, other)];
    expect(ended(flows, before, [{ name: 'PREROUTING', rules: [turn(other, 2), turn(db)] }])).toEqual([]);
    expect(ended(flows, before, [{ name: 'PREROUTING', rules: [turn(other)] }])).toEqual([flows[0]]);
  });

  test('what may have come by the interface that a rule names is taken to have, for it and against it', () => {
    const mine = flow(stranger, db, 80);
    const through = (link: string): Rule => rule({ inInterface: link, destination: `${db}/32` }, accept);
    expect(ended([mine], forward(through('wg0')), [])).toEqual([mine]);
    expect(ended([mine], forward(through('wg0')), forward(through('wg1')))).toEqual([]);
    expect(ended([mine], [], forward(rule({ inInterface: 'wg0' }, drop)))).toEqual([]);
    expect(ended([flow(app, db, 80)], forward(through('back')), [])).toEqual([]);
  });
});
