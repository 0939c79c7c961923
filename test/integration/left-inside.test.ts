import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Container } from '../host/container.ts';
import type { Snapshot } from '../host/snapshot.ts';
import { startHost, type ThrowawayHost } from '../host/throwaway-host.ts';

const network = { networks: { front: { subnet: ['172.30.1.0/24', 'fd30:1::/64'] } } };
/** A thing of each kind, each in a container of its own. */
const file = {
  ...network,
  policies: [
    { nat: 'dnat', in: 'dnat', to: '172.30.1.99', port: 80 },
    { nat: 'dnat', in: 'dnat-6', to: 'fd30:1::99', port: 80 },
  ],
  routing: [
    { in: 'route', routes: [{ to: '10.50.0.0/24', via: '172.30.1.1' }] },
    { in: 'route-6', routes: [{ to: 'fd50::/32', via: 'fd30:1::1' }] },
    { in: 'table', routes: [{ to: 'default', via: '172.30.1.1', table: 200 }] },
    { in: 'rule', rules: [{ fwmark: 2, table: 200 }] },
    { in: 'rule-6', rules: [{ from: 'fd66::/32', table: 201 }] },
    { in: 'sysctl', sysctls: { 'net.ipv4.conf.all.log_martians': 1 } },
  ],
};
const names = ['dnat', 'dnat-6', 'route', 'route-6', 'table', 'rule', 'rule-6', 'sysctl', 'untouched'];

/** What of a container's namespace tells whether something of ours is in it; a legacy table that was once used stays, empty. */
const ours = ({ iptables, ip6tables, routes, rules, sysctls, ...more }: Snapshot): object => ({
  legacy: [more['iptables-legacy'], more['ip6tables-legacy']].map((text) => text?.match(/^.*NETWRIGHT.*$/gm)),
  nft: [iptables, ip6tables].map((text) => text?.match(/^.*NETWRIGHT.*$/gm)),
  routing: [routes, rules, more['routes-6'], more['rules-6']],
  sysctls,
});

describe.each(['nft', 'legacy'] as const)(
  'what is left in containers, with rules in iptables-%s',
  (iptables) => {
    let host: ThrowawayHost;
    let containers: readonly Container[];
    let before: readonly object[];

    const inside = () => Promise.all(containers.map(async (container) => ours(await host.save(container))));

    /** A path with a `find` that counts how often it is there, and works or does not. */
    const pathWith = async (name: string, find: string): Promise<string> => {
      const script = host.write(`${name}/find`, `#!/bin/sh\necho >>"$0.asked"\n${find}\n`);
      await host.sh(`chmod +x ${script}; : >${script}.asked`);
      return `${script.replace(/\/find$/, '')}:${process.env['PATH'] ?? ''}`;
    };
    const asked = (path: string) => host.sh(`wc -l <${path.split(':')[0] ?? ''}/find.asked`);

    beforeAll(async () => {
      host = await startHost({ iptables });
      await host.network('front', { subnet: ['172.30.1.0/24', 'fd30:1::/64'] });
      const made = [];
      for (const name of names) made.push(await host.container(name, { networks: ['front'] }));
      containers = made;
      before = await inside();
    });
    afterAll(async () => await host.stop());

    test.each([
      ['together', 'exec /usr/bin/find "$@"'],
      ['one by one, where none can be looked into together', 'exit 127'],
    ])('is found and taken away, of containers looked into %s', async (how, find) => {
      const path = await pathWith(how.replace(/\W.*/, ''), find);
      const netwright = async (command: string, wanted: object) =>
        await host.netwright([command], { file: wanted, env: { PATH: path } });
      const applied = await netwright('apply', file);
      expect(applied, applied.stdout).toMatchObject({ exitCode: 0, stderr: '' });
      const between = await inside();
      for (const [index, name] of names.entries()) {
        if (name === 'untouched') expect(between[index]).toEqual(before[index]);
        else expect(between[index], name).not.toEqual(before[index]);
      }
      const again = await netwright('plan', file);
      expect(again.stdout).toMatch(/^No changes\.$/m);
      const removed = await netwright('apply', network);
      expect(removed, removed.stdout).toMatchObject({ exitCode: 0, stderr: '' });
      expect(await inside()).toEqual(before);
      expect(Number(await asked(path))).toBeGreaterThan(2);
    });
  },
);
