import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { renderUpdate } from '../../src/ipset/render.ts';
import { renderRestore } from '../../src/iptables/render.ts';
import type { LoadedConfig } from '../../src/load/load.ts';
import type { Observed } from '../../src/model/observed.ts';
import { ownership } from '../../src/model/ownership.ts';
import type { Operation } from '../../src/model/plan.ts';
import { plan } from '../../src/plan/plan.ts';
import { resolve } from '../../src/resolve/resolve.ts';
import { Chance } from '../chance.ts';
import { simulate } from '../oracle/simulate.ts';
import { docker } from '../plain.ts';
import { loadText } from '../unit/load/directory.ts';
import { hostFor } from './host-for.ts';
import { type MutatedFile, mutatedFile } from './mutated-files.ts';

const mine = ownership();
const files = Number(process.env['FUZZ_FILES'] ?? 12_000);
const parts = 12;
const start = Number(process.env['FUZZ_SEED'] ?? 1);
/** Far above what the slowest takes on a busy machine, far below what anybody would call hanging. */
const mostMilliseconds = 3000;

describe('of a file that was once in order and is so no more, or may be', () => {
  test.each(Array.from({ length: parts }, (_, part) => start + part))(
    'thousands are either refused with places or lead to a host with nothing left to do (seed %d)',
    async (seed) => {
      const chance = new Chance(seed);
      const seen = new Set<string>();
      let valid = 0;
      while (seen.size < files / parts) {
        const file = mutatedFile(chance);
        const digest = createHash('md5').update(file.bytes).digest('hex');
        if (seen.has(digest)) continue;
        seen.add(digest);
        try {
          if (await expectHarmless(file, chance)) valid += 1;
        } catch (error) {
          const text = file.bytes.toString().slice(0, 4000);
          const which = `seed ${seed}, file ${seen.size} (${file.how}), ${file.name}`;
          throw new Error(`${which}:\n${text}`, { cause: error });
        }
      }
      // A run in which nothing is in order, or all is, shows little.
      expect(valid).toBeGreaterThan(seen.size * 0.1);
      expect(valid).toBeLessThan(seen.size * 0.7);
    },
    120_000,
  );
});

/** Whether the file is in order. */
async function expectHarmless(file: MutatedFile, chance: Chance): Promise<boolean> {
  const began = performance.now();
  const loaded = await loadText(file.name, file.bytes);
  expect(performance.now() - began).toBeLessThan(mostMilliseconds);
  expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  const problems = loaded.ok ? loaded.warnings : loaded.problems;
  for (const { line, column, message } of problems) {
    expect(Math.min(line, column)).toBeGreaterThanOrEqual(1);
    expect(message).not.toMatch(/\p{Cc}|undefined|\[object/u);
    expect(message.length).toBeLessThan(2000);
  }
  expect(problems.some(({ severity }) => severity === 'error')).toBe(!loaded.ok);
  if (loaded.ok) expectConverging(loaded, chance);
  return loaded.ok;
}

function expectConverging({ config }: LoadedConfig, chance: Chance): void {
  const began = performance.now();
  const host = hostFor(config, chance, mine);
  const facts = {
    ...docker,
    sets: !chance.isOnceIn(4),
    ipv6: !chance.isOnceIn(4),
    engineFiltersRaw: chance.isOnceIn(4),
  };
  const planFor = (observed: Observed): ReturnType<typeof plan> =>
    plan(resolve(config, observed.inventory, mine, facts), observed, mine, facts);
  const first = planFor(host);
  for (const operation of first.operations) expectOurs(operation, host, config);
  const after = simulate(host, first, mine);
  const second = planFor(after);
  // Which address a gateway container has beside the gateway's, and behind which port it is, shows only when it has joined.
  if (config.networks.every(({ gatewayContainer }) => gatewayContainer === undefined))
    expect(second.operations).toEqual([]);
  expect(planFor(simulate(after, second, mine)).operations).toEqual([]);
  expect(performance.now() - began).toBeLessThan(mostMilliseconds);
}

/** What others have made is neither removed, emptied nor left without its members unless the file says so by name. */
function expectOurs(operation: Operation, host: Observed, config: LoadedConfig['config']): void {
  const consented = config.networks
    .filter(({ onConflict }) => onConflict === 'recreate')
    .map(({ name }) => name);
  switch (operation.kind) {
    case 'remove-network': {
      const network = host.inventory.networks.find(({ id }) => id === operation.networkId);
      expect(network?.owned === true || consented.includes(operation.network)).toBe(true);
      break;
    }
    case 'restore-table':
      expectLines(operation);
      for (const { name } of operation.chains) expect(mine.ownsChain(name), name).toBe(true);
      for (const name of operation.removeChains) expect(mine.ownsChain(name), name).toBe(true);
      for (const { to } of [...operation.hook, ...operation.unhook])
        expect(mine.ownsChain(to), to).toBe(true);
      break;
    case 'update-set':
      expect(mine.ownsSet(operation.set), operation.set).toBe(true);
      for (const line of renderUpdate(operation, mine)) expect(line).toMatch(setLine);
      break;
    case 'remove-set':
      expect(mine.ownsSet(operation.set), operation.set).toBe(true);
      break;
    case 'set-sysctl':
      expect(operation.key).toMatch(/^net\.[^\s\p{Cc}]+$/u);
      break;
    default:
      break;
  }
}

const setLine =
  /^(?:create|add|del|flush|swap|destroy) (?:-exist )?netwright-[a-z6-]+(?: [^"\p{Cc}]+(?:"[^"\p{Cc}]*")?)?$/u;

/** One line for each chain, jump and rule of the table, whatever names and texts are in them. */
function expectLines(operation: Operation & { readonly kind: 'restore-table' }): void {
  const { chains, hook, unhook, removeChains, table } = operation;
  const rules = chains.flatMap((chain) => chain.rules.map(() => `-A ${chain.name} `));
  const begins = (renderRestore(operation, mine).match(/^.*$/gm) ?? []).filter((line) =>
    /^-A NETWRIGHT/.test(line),
  );
  expect(begins.map((line, at) => line.slice(0, rules[at]?.length))).toEqual(rules);
  const lines = renderRestore(operation, mine).split('\n');
  expect(lines[0]).toBe(`*${table}`);
  expect(lines.length).toBeLessThanOrEqual(
    4 + 3 * (chains.length + removeChains.length) + rules.length + hook.length + unhook.length,
  );
}
