import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Config, emptyConfig } from '../../src/model/config.ts';
import type { Observed } from '../../src/model/observed.ts';
import { ownership } from '../../src/model/ownership.ts';
import { plan } from '../../src/plan/plan.ts';
import { resolve } from '../../src/resolve/resolve.ts';
import { simulate } from '../oracle/simulate.ts';
import { docker } from '../plain.ts';
import { configs, hosts } from './any-host.ts';

const mine = ownership();

const planFor = (config: Config, observed: Observed): ReturnType<typeof plan> =>
  plan(resolve(config, observed.inventory, mine, docker), observed, mine, docker);

describe('any file on any host', () => {
  test('once its plan is applied, nothing is left to do', () => {
    fc.assert(
      fc.property(configs, hosts, (config, host) => {
        const after = simulate(host, planFor(config, host), mine);
        expect(planFor(config, after).operations).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  test('another file after it, and then the first again, ends where the first alone ends', () => {
    fc.assert(
      fc.property(configs, configs, hosts, (one, other, host) => {
        const settle = (state: Observed, config: Config): Observed =>
          simulate(state, planFor(config, state), mine);
        const detour = settle(settle(settle(host, one), other), one);
        expect(planFor(one, detour).operations).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  test('an empty file takes away all that is ours and nothing else', () => {
    fc.assert(
      fc.property(configs, hosts, (config, host) => {
        const foreignFirst = {
          ...config,
          networks: config.networks.map((entry) => ({ ...entry, onConflict: 'fail' as const })),
        };
        const empty = emptyConfig;
        const clean = simulate(host, planFor(empty, host), mine);
        const used = simulate(clean, planFor(foreignFirst, clean), mine);
        const after = simulate(used, planFor(empty, used), mine);
        expect(after.namespaces).toEqual(clean.namespaces);
        expect(new Set(after.inventory.networks)).toEqual(new Set(clean.inventory.networks));
        const places = (state: Observed): readonly string[] =>
          state.inventory.containers.flatMap(({ name, endpoints }) =>
            endpoints.map(({ networkName }) => `${name} in ${networkName}`).sort(),
          );
        expect(places(after)).toEqual(places(clean));
      }),
      { numRuns: 300 },
    );
  });

  test('the order of networks and ips in the file changes nothing', () => {
    fc.assert(
      fc.property(configs, hosts, (config, host) => {
        const turned = { ...config, networks: config.networks.toReversed(), ips: config.ips.toReversed() };
        const texts = (of: Config): readonly string[] =>
          planFor(of, host)
            .operations.flatMap(({ changes }) =>
              changes.map(({ sign, area, text }) => `${area} ${sign} ${text}`),
            )
            .sort();
        expect(texts(turned)).toEqual(texts(config));
      }),
      { numRuns: 200 },
    );
  });

  test('replacements that are broken off anywhere, by whatever file is next, lose no member that somebody else connected', () => {
    const brokenOff = fc.array(fc.tuple(configs, fc.nat({ max: 12 })), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(brokenOff, configs, hosts, (passes, config, host) => {
        const undeclared = (of: Config): Config => ({ ...of, ips: [] });
        const forgotten = new Set<string>();
        const pass = (state: Observed, of: Config, done?: number): Observed => {
          // A network that neither the engine has nor the file names is nobody's to come back to.
          const known = new Set([...state.inventory.networks, ...of.networks].map(({ name }) => name));
          for (const { name } of host.inventory.networks) if (!known.has(name)) forgotten.add(name);
          const { operations } = planFor(undeclared(of), state);
          return simulate(state, { operations: operations.slice(0, done) }, mine);
        };
        const broken = passes.reduce((state, [of, done]) => pass(state, of, done), host);
        const after = pass(broken, config);
        const names = new Set(
          after.inventory.networks.map(({ name }) => name).filter((name) => !forgotten.has(name)),
        );
        const foreign = ({ inventory }: Observed): readonly string[] =>
          inventory.containers.flatMap(({ name, endpoints }) =>
            endpoints
              .filter(({ networkName, owned }) => !owned && names.has(networkName))
              .map(({ networkName }) => `${name} in ${networkName}`),
          );
        expect(foreign(after)).toEqual(expect.arrayContaining([...foreign(host)]));
      }),
      { numRuns: 300 },
    );
  });

  test('a network somebody else made is never removed without consent, nor anybody disconnected from it', () => {
    fc.assert(
      fc.property(configs, hosts, (config, host) => {
        const consented = new Set(
          config.networks.filter(({ onConflict }) => onConflict === 'recreate').map(({ name }) => name),
        );
        const foreign = new Set(
          host.inventory.networks
            .filter(({ owned, name }) => !owned && !consented.has(name))
            .map(({ id }) => id),
        );
        const named = new Set(
          config.ips.map(({ network, containerName }) => `${network ?? ''} ${containerName ?? ''}`),
        );
        for (const operation of planFor(config, host).operations) {
          if (operation.kind === 'remove-network') expect(foreign).not.toContain(operation.networkId);
          if (operation.kind === 'disconnect-endpoint' && foreign.has(operation.networkId))
            expect(named).toContain(`${operation.network} ${operation.containerName}`);
        }
      }),
      { numRuns: 300 },
    );
  });
});
