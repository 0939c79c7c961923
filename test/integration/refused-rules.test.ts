import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Container } from '../host/container.ts';
import { storeUnderTest } from '../host/engine-under-test.ts';
import { startHost, type ThrowawayHost } from '../host/throwaway-host.ts';

const tool = `iptables-${storeUnderTest}-restore`;

/** A kernel without the sctp match: the real tool behind a check that refuses what such a kernel refuses. */
const withoutSctp = `#!/bin/sh
rules=$(cat)
case $rules in *'-m sctp'*) echo 'iptables-restore: Extension sctp revision 0 not supported, missing kernel module?' >&2; exit 1;; esac
printf '%s\\n' "$rules" | /usr/sbin/${tool} "$@"
`;

/** Without sets, which would hold such a policy: it is rules that are refused. */
const base = {
  sets: false,
  networks: { front: { subnet: '172.31.1.0/24' }, back: { subnet: '172.31.2.0/24' } },
  ips: { '172.31.1.2': { container_name: 'web' }, '172.31.2.2': { container_name: 'client' } },
};
const allowed = { from: 'client', to: 'web', port: 80 };

describe('a policy that the kernel refuses', () => {
  let host: ThrowawayHost;
  let client: Container;
  let path: string;

  beforeAll(async () => {
    host = await startHost();
    client = await host.container('client');
    const web = await host.container('web');
    const folder = host.write(`bin/${tool}`, withoutSctp).replace(/\/[^/]*$/, '');
    await host.sh(`chmod +x ${folder}/${tool}`);
    path = `${folder}:${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`;
    await host.listen(web, { port: 80 });
  });
  afterAll(() => host.stop());

  const apply = (policies: readonly object[]): ReturnType<ThrowawayHost['netwright']> =>
    host.netwright(['apply'], { file: { ...base, policies }, env: { PATH: path } });
  const reach = (): ReturnType<ThrowawayHost['connect']> =>
    host.connect(client, { address: '172.31.1.2', port: 80 });

  test('is named, and the others are in force', async () => {
    const { exitCode, stdout } = await apply([
      { from: 'client', to: 'web', port: 5, proto: 'sctp' },
      allowed,
    ]);
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/✗ \+ allow client → web sctp\/5/);
    expect(stdout).toMatch(/refuses allow client -> web sctp\/5, all else is in force/);
    expect(await reach()).toMatchObject({ kind: 'answered', by: 'web' });
  });

  test('leaves no trial behind', async () => {
    expect(await host.sh('iptables-save')).not.toContain('TRIAL');
  });

  test('and is to stop packets, leaves all as it was', async () => {
    await host.netwright(['destroy']);
    const { exitCode, stdout } = await apply([
      { from: 'client', to: 'web', port: 5, proto: 'sctp', action: 'drop' },
      allowed,
    ]);
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/which is to stop packets, so none of these rules was changed/);
    expect(stdout).toMatch(/not without the IPv4 rules on the host/);
    expect((await reach()).kind).not.toBe('answered');
  });
});
