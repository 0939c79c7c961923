import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Container } from '../host/container.ts';
import type { Outside } from '../host/outside.ts';
import type { Snapshot } from '../host/snapshot.ts';
import { startHost, type ThrowawayHost } from '../host/throwaway-host.ts';
import { meets } from './daemon-scene.ts';

const file = {
  networks: {
    front: { subnet: '172.30.1.0/24', gateway: '172.30.1.1' },
    back: { subnet: '172.30.2.0/24' },
  },
  ips: {
    app: { ip: '172.30.1.10', container_name: 'app' },
    client: { ip: '172.30.1.20', container_name: 'client' },
    db: { ip: '172.30.2.10', container_name: 'db' },
  },
  policies: [
    { from: 'app', to: 'db', port: 5432 },
    { nat: 'dnat', iface: 'lan0', to: 'db', port: 8080, to_port: 5432 },
    { nat: 'dnat', in: 'app', to: 'db', port: 80, to_port: 5432 },
  ],
};

for (const store of ['nft', 'legacy'] as const) {
  describe(`with the engine's rules in iptables-${store}`, () => {
    const other = store === 'nft' ? 'legacy' : 'nft';
    let host: ThrowawayHost;
    let lan: Outside;
    let [app, client]: Container[] = [];
    let before: Snapshot;

    beforeAll(async () => {
      host = await startHost({ iptables: store });
      lan = await host.outside('lan0', '10.9.0.1/24', '10.9.0.2/24');
      app = await host.container('app');
      client = await host.container('client');
      const db = await host.container('db');
      await host.listen(db, { port: 5432 });
      await host.listen(db, { port: 5433 });
      before = await host.save();
    });
    afterAll(async () => await host.stop());

    async function met(): Promise<object> {
      if (app === undefined || client === undefined) throw new Error('no containers');
      const [allowed, refused, hostNat, insideNat] = await Promise.all([
        meets(host, app, { address: '172.30.2.10', port: 5432 }),
        meets(host, app, { address: '172.30.2.10', port: 5433, timeoutMs: 300 }),
        meets(host, lan, { address: '10.9.0.1', port: 8080 }),
        meets(host, client, { address: '172.30.1.10', port: 80 }),
      ]);
      return { allowed, refused, hostNat, insideNat };
    }
    const asTheFileSays = { allowed: 'db', refused: 'timeout', hostNat: 'db', insideNat: 'db' };

    test('packets meet what the file says, by rules in that store alone', async () => {
      const applied = await host.netwright(['apply'], { file });
      expect(applied, applied.stdout).toMatchObject({ exitCode: 0, stderr: '' });
      expect(await met()).toEqual(asTheFileSays);
      for (const place of [undefined, app]) {
        const inside = place === undefined ? {} : { in: place };
        expect(await host.sh(`iptables-${store}-save`, inside)).toContain('NETWRIGHT-');
        expect(await host.sh(`iptables-${other}-save`, inside)).not.toContain('NETWRIGHT-');
      }
      const planned = await host.netwright(['plan'], { file });
      expect(planned).toMatchObject({ exitCode: 0, stdout: 'No changes.\n' });
    });

    test('without DOCKER-USER the hook is in FORWARD, and moves back when the engine has it again', async () => {
      const theirs = (await host.sh('iptables -S DOCKER-USER')).replace(/^.*NETWRIGHT.*\n/gm, '');
      await host.sh('iptables -D FORWARD -j DOCKER-USER; iptables -F DOCKER-USER; iptables -X DOCKER-USER');
      expect(await met()).toMatchObject({ allowed: 'timeout', hostNat: 'timeout' });
      expect(await host.netwright(['apply'], { file })).toMatchObject({ exitCode: 0 });
      expect(await met()).toEqual(asTheFileSays);
      expect(await host.sh('iptables -S FORWARD')).toMatch(
        /^-P FORWARD \w+\n-A FORWARD -j NETWRIGHT-FORWARD$/m,
      );

      await host.sh(
        `${theirs.replace(/^/gm, 'iptables ').replace(/iptables $/, '')}iptables -I FORWARD -j DOCKER-USER`,
      );
      expect(await host.netwright(['apply'], { file })).toMatchObject({ exitCode: 0 });
      expect(await met()).toEqual(asTheFileSays);
      expect(await host.sh('iptables -S FORWARD')).not.toContain('NETWRIGHT');
      expect(await host.sh('iptables -S DOCKER-USER')).toContain('-A DOCKER-USER -j NETWRIGHT-FORWARD\n');
    });

    test('destroy leaves the host as it was', async () => {
      const destroyed = await host.netwright(['destroy']);
      expect(destroyed, destroyed.stdout).toMatchObject({ exitCode: 0, stderr: '' });
      expect(await host.save()).toEqual(before);
      expect(await host.sh(`iptables-${store}-save`, app === undefined ? {} : { in: app })).not.toContain(
        'NETWRIGHT',
      );
    });
  });
}
