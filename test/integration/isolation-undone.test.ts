import { expect, test } from 'vitest';
import { at, named, Scene, subnets } from './isolation-scene.ts';

const refusing = { isolated: true, ingress: 'deny', egress: 'deny', host_access: 'deny' };
const networks = {
  theirs: { ...subnets(1), ...refusing },
  ours: { ...subnets(2), ...refusing },
  four: { subnet: ['172.30.3.0/24'], ...refusing },
};
const policies = [
  { from: 'host', to: 'shop', port: 80 },
  { from: '10.9.0.0/24', to: 'shop', port: 80 },
  { from: 'shop', to: 'host', port: 123, proto: 'udp' },
  { from: 'theirs', to: 'any', port: 443 },
  { from: 'ours', to: 'theirs', proto: 'any', log: true },
];

test.each([true, false])(
  'whatever networks refuse, it is done at once, and undone without a trace (sets: %s)',
  async (sets) => {
    const scene = await Scene.start();
    try {
      await scene.host.network('theirs', subnets(1));
      await scene.member('shop', 'theirs', at(1, 20), { ports: ['8080:80'] });
      for (const name of ['iptables', 'ip6tables'])
        await scene.host.sh(`echo 0 >/proc/sys/net/bridge/bridge-nf-call-${name}`);
      // An empty base chain that iptables-nft makes for its first rule outlives the rule, whoever wrote it.
      for (const chain of ['INPUT', 'FORWARD', 'OUTPUT']) {
        for (const tool of ['iptables', 'ip6tables'])
          await scene.host.sh(`${tool} -S ${chain} | head -n 1 | xargs ${tool}`);
      }
      // A new bridge is UP only a moment later.
      const settled = 'ip -brief link | grep -v "^lo" | grep UNKNOWN || break; sleep 0.05';
      await scene.host.sh(`for i in $(seq 60); do ${settled}; done`);
      const before = await scene.host.save();
      await scene.apply(networks, policies, named({ shop: at(1, 20) }), { sets });
      const rules = await scene.host.sh('iptables-save; ip6tables-save');
      for (const chain of ['INPUT', 'OUTPUT', 'FORWARD']) expect(rules).toContain(`-j NETWRIGHT-${chain}`);
      expect(rules.includes('--match-set')).toBe(sets);
      expect(await scene.host.netwright(['destroy'])).toMatchObject({ exitCode: 0, stderr: '' });
      expect(await scene.host.save()).toEqual(before);
    } finally {
      await scene.host.stop();
    }
  },
);
