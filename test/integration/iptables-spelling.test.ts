import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseSave } from '../../src/iptables/parse.ts';
import { renderRestore } from '../../src/iptables/render.ts';
import { renderRule } from '../../src/iptables/render-rule.ts';
import { ownership } from '../../src/model/ownership.ts';
import { ruleKey } from '../../src/model/rule-key.ts';
import type { Backend, Chain, Family, ObservedTable, Rule, TableName } from '../../src/model/ruleset.ts';
import { dnatRules, filterRules, markRules, masqueradeRules, rawRules } from '../property/arbitraries.ts';

const run = promisify(execFile);
const ours = ownership();
const combinations: readonly (readonly [Backend, Family])[] = [
  ['nft', 4],
  ['nft', 6],
  ['legacy', 4],
  ['legacy', 6],
];

type Transaction = Parameters<typeof renderRestore>[0];

/** What iptables-save prints after each of the texts was restored, one after the other, in a network namespace of its own. */
async function restoreEach(
  backend: Backend,
  family: Family,
  table: TableName,
  texts: readonly string[],
): Promise<readonly string[]> {
  const tool = `${family === 4 ? 'iptables' : 'ip6tables'}-${backend}`;
  const inet = family === 4 ? 'inet' : 'inet6';
  const set = (name: string, type: string): string =>
    `ipset create ${name}${family === 4 ? '' : '6'} ${type} family ${inet}`;
  const sets = [
    set('netwright-allow', 'hash:ip,port,net'),
    set('netwright-homes', 'hash:net,iface'),
    set('netwright-nets', 'hash:net'),
  ].join(' && ');
  const script = `${sets} || exit 1; for text; do printf %s "$text" | ${tool}-restore --noflush --wait && ${tool}-save -t ${table} && echo '#end' || exit 1; done`;
  const { stdout } = await run('unshare', ['--net', 'sh', '-c', script, 'sh', ...texts], {
    env: { PATH: process.env['PATH'] ?? '', LC_ALL: 'C' },
    maxBuffer: 1e8,
  });
  const saved = stdout.split('#end\n').slice(0, -1);
  return saved.map((text) => text.replace(/^# .*\n/gm, '').replace(/\[[0-9]+:[0-9]+\]/g, '[0:0]'));
}

function transaction(family: Family, table: TableName, fields: Partial<Transaction>): string {
  const nothing = { chains: [], unhook: [], hook: [], removeChains: [] };
  return renderRestore({ family, table, ...nothing, ...fields }, ours);
}

function onlyTable(text: string | undefined, family: Family): ObservedTable {
  const [table] = parseSave(text ?? '', family, ours);
  if (table === undefined) throw new Error(`no table in: ${text ?? ''}`);
  return table;
}

function readBack(text: string | undefined, family: Family, chain: string): readonly string[] {
  return (onlyTable(text, family).chains.get(chain) ?? []).map(ruleKey);
}

function samples(arbitrary: fc.Arbitrary<Rule>): readonly Rule[] {
  return fc.sample(arbitrary, { numRuns: 150, seed: 7 });
}

const corners: readonly Rule[] = [
  { match: { source: '0.0.0.0/0', destination: '::/0', inInterface: '+' }, target: { kind: 'drop' } },
  { match: { protocol: 'tcp', destinationPorts: [{ from: 0, to: 65535 }] }, target: { kind: 'drop' } },
  { match: {}, target: { kind: 'log', prefix: '' }, comment: '' },
  { match: {}, target: { kind: 'log', prefix: '-t' }, comment: '-t filter' },
  { match: {}, target: { kind: 'accept' }, comment: 'x'.repeat(255) },
  {
    match: {
      protocol: 'udp',
      sourcePorts: [{ from: 0, to: 65535 }],
      destinationPorts: [{ from: 0, to: 65535 }],
    },
    target: { kind: 'return' },
  },
  { match: { protocol: 'icmp', icmpType: 254 }, target: { kind: 'return' } },
  { match: {}, target: { kind: 'accept' }, comment: '"it\'s" \\ $(x) `y`; -j DROP # !' },
];

const kinds: readonly (readonly [
  TableName,
  string,
  (family: Family) => fc.Arbitrary<Rule>,
  readonly Rule[],
])[] = [
  ['filter', 'FORWARD', filterRules, corners],
  ['nat', 'PREROUTING', dnatRules, []],
  ['nat', 'POSTROUTING', masqueradeRules, []],
  ['mangle', 'PREROUTING', markRules, []],
  ['raw', 'PREROUTING', rawRules, []],
];

describe.each(combinations)('iptables (%s, IPv%i)', (backend, family) => {
  test.each(kinds)(
    'in %s %s, rules come back in the spelling they were given',
    async (table, hooked, kind, more) => {
      const name = `NETWRIGHT-${hooked}`;
      const rules = [...more, ...samples(kind(family))];
      const docker: readonly string[] = table === 'filter' ? [`*${table}\n:DOCKER - [0:0]\nCOMMIT\n`] : [];
      const chains = [{ name, rules }];
      const hook = [{ chain: hooked, to: name }];
      const texts = [...docker, transaction(family, table, { chains, hook })];
      const saved = (await restoreEach(backend, family, table, texts)).at(-1);
      const lines = (saved ?? '').split('\n').filter((line) => line.startsWith(`-A ${name} `));
      expect(lines).toEqual(rules.map((rule) => `-A ${name} ${renderRule(rule, family)}`));
      expect(readBack(saved, family, name)).toEqual(rules.map(ruleKey));
    },
  );

  test('chains are replaced, hooked first and removed without a trace', async () => {
    const foreign =
      '*filter\n:USER - [0:0]\n-A FORWARD -j USER\n-A FORWARD -i eth0 -j DROP\n-A USER -j RETURN\nCOMMIT\n';
    const rule = (comment: string): Rule => ({ match: {}, target: { kind: 'accept' }, comment });
    const chain = (...comments: string[]): Chain => ({
      name: 'NETWRIGHT-FORWARD',
      rules: comments.map(rule),
    });
    const hook = [{ chain: 'FORWARD', to: 'NETWRIGHT-FORWARD' }];
    const created = {
      name: 'NETWRIGHT-CREATED',
      rules: [{ match: {}, target: { kind: 'jump', chain: 'NETWRIGHT-FORWARD' } }],
    } as const;
    const texts = [
      foreign,
      transaction(family, 'filter', { chains: [chain('a', 'b'), created], hook }),
      transaction(family, 'filter', { chains: [chain('a', 'b'), created], unhook: hook, hook }),
      // Somebody else puts a rule first.
      '*filter\n-I FORWARD 1 -i eth1 -j DROP\nCOMMIT\n',
      transaction(family, 'filter', { chains: [chain('c')], unhook: hook, hook }),
      transaction(family, 'filter', {
        unhook: hook,
        removeChains: ['NETWRIGHT-FORWARD', 'NETWRIGHT-CREATED'],
      }),
      '*filter\n-D FORWARD -i eth1 -j DROP\nCOMMIT\n',
    ];
    const [before, first, again, pushed, replaced, , removed] = await restoreEach(
      backend,
      family,
      'filter',
      texts,
    );
    expect(again).toBe(first);
    expect(onlyTable(pushed, family).jumps).toContainEqual({
      chain: 'FORWARD',
      position: 2,
      to: 'NETWRIGHT-FORWARD',
    });
    expect(onlyTable(replaced, family).jumps).toEqual([
      { chain: 'FORWARD', position: 1, to: 'NETWRIGHT-FORWARD' },
      { chain: 'FORWARD', position: 3, to: 'USER' },
      { chain: 'USER', position: 1, to: 'RETURN' },
    ]);
    expect(readBack(replaced, family, 'NETWRIGHT-FORWARD')).toEqual([ruleKey(rule('c'))]);
    expect(removed).toBe(before);
  });

  test('a table that only we filled is otherwise empty, one with a foreign rule is not', async () => {
    const chains = [{ name: 'NETWRIGHT-FORWARD', rules: [] }];
    const hook = [{ chain: 'FORWARD', to: 'NETWRIGHT-FORWARD' }];
    const [mine, mixed] = await restoreEach(backend, family, 'filter', [
      transaction(family, 'filter', { chains, hook }),
      '*filter\n-A INPUT -i eth1 -j DROP\nCOMMIT\n',
    ]);
    expect(onlyTable(mine, family).otherwiseEmpty).toBe(true);
    expect(onlyTable(mixed, family).otherwiseEmpty).toBe(false);
  });
});
