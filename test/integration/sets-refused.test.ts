import { afterEach, describe, expect, test } from 'vitest';
import { startHost, type ThrowawayHost } from '../host/throwaway-host.ts';

const file = {
  networks: { apps: { subnet: '172.31.1.0/24' }, back: { subnet: '172.31.2.0/24' } },
  ips: { '172.31.1.10': { container_name: 'app' }, '172.31.2.10': { container_name: 'db' } },
  policies: [{ from: 'app', to: 'db', port: 80 }],
};

/** The real tool behind a check that refuses what such a kernel refuses. */
const without = {
  'any kind of set': [
    'ipset',
    `#!/bin/sh
if [ "$1" = restore ]; then
  input=$(cat)
  case $input in *create*) echo 'ipset v7.17: Kernel error received: set type not supported' >&2; exit 1;; esac
  printf '%s\\n' "$input" | exec /usr/sbin/ipset "$@"
fi
exec /usr/sbin/ipset "$@"
`,
  ],
  'rules that look into sets': [
    'iptables-nft-restore',
    `#!/bin/sh
rules=$(cat)
case $rules in *'-m set'*) echo 'iptables-restore: Extension set revision 0 not supported, missing kernel module?' >&2; exit 1;; esac
printf '%s\\n' "$rules" | exec /usr/sbin/iptables-nft-restore "$@"
`,
  ],
  'sets at all': ['ipset', '#!/bin/sh\necho "ipset v7.17: Cannot open session to kernel." >&2; exit 1\n'],
} as const;

describe('on a kernel without', () => {
  let host: ThrowawayHost;
  afterEach(() => host.stop());

  test.each(Object.entries(without))(
    '%s, policies are rules of the same meaning, and that is said',
    async (_, [tool, script]) => {
      host = await startHost();
      const app = await host.container('app');
      const db = await host.container('db');
      for (const port of [80, 81]) await host.listen(db, { port });
      const folder = host.write(`bin/${tool}`, script).replace(/\/[^/]*$/, '');
      await host.sh(`chmod +x ${folder}/${tool}`);
      const env = { PATH: `${folder}:${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` };

      const applied = await host.netwright(['apply'], { file, env });
      expect(applied.exitCode, applied.stdout).toBe(0);
      expect(applied.stdout.match(/sets are not used/g)).toHaveLength(1);
      expect(await host.connect(app, { address: '172.31.2.10', port: 80 })).toMatchObject({ by: 'db' });
      expect(await host.connect(app, { address: '172.31.2.10', port: 81 })).toEqual({ kind: 'timeout' });
      expect(await host.sh('ipset list -name')).toBe('');
      expect(await host.sh('iptables-save')).not.toMatch(/match-set|TRIAL/);

      const daemon = await host.startNetwright(['watch'], { file: host.write('f.json', file), env });
      await daemon.waitForLine(/sets are not used/, 20_000);
      await host.sh('iptables -F NETWRIGHT-FORWARD');
      await daemon.waitForLine(/allow app/, 20_000);
      expect(await daemon.kill('SIGTERM')).toBe(0);
      expect(daemon.lines.filter((line) => line.includes('sets are not used'))).toHaveLength(1);
    },
  );
});
