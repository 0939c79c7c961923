import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Container } from '../host/container.ts';
import type { HostProcess } from '../host/host-process.ts';
import { startHost, type ThrowawayHost } from '../host/throwaway-host.ts';

const program = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

describe("inside a VPN's container, with no more than the engine's socket and NET_ADMIN", () => {
  let host: ThrowawayHost;
  let vpn: Container;
  let daemon: HostProcess;
  const env = { WATCH_NETWORK: 'internal', LOG_FORMAT: 'json', DEBUG: '1' };

  /** As a container with `--cap-add NET_ADMIN` has it: no other namespace may be entered, no other process looked at. */
  const argv = (...args: readonly string[]): readonly string[] => [
    'setpriv',
    '--bounding-set',
    '-sys_admin,-sys_ptrace',
    process.execPath,
    program,
    ...args,
  ];

  beforeAll(async () => {
    host = await startHost();
    await host.network('internal', { subnet: '172.30.1.0/24' });
    vpn = await host.container('vpn', {
      networks: { internal: { ipv4: '172.30.1.2' } },
      sysctls: { 'net.ipv4.ip_forward': '1' },
    });
    await host.container('other', { networks: ['internal'] });
    daemon = await host.spawn(argv('watch'), { in: vpn, env });
    await daemon.waitForLine(/"message":"pass"/, 10_000);
  });
  afterAll(async () => await host.stop());

  test('it watches, and has nothing to complain of', async () => {
    expect(daemon.lines.filter((line) => /"level":"(warn|error)"/.test(line))).toEqual([]);
    const { exitCode, stdout } = await host.exec(argv('status'), { in: vpn, env });
    expect({ exitCode, stdout }).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^file +environment +in force$/m) as string,
    });
  });

  test('SIGHUP looks again, and SIGTERM ends it', async () => {
    daemon.forget();
    void daemon.kill('SIGHUP');
    await daemon.waitForLine(/"message":"pass".*"reload"/);
    expect(await daemon.kill('SIGTERM')).toBe(0);
  });
});
