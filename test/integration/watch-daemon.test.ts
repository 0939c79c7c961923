import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Container } from '../host/container.ts';
import { userChain } from '../host/engine-under-test.ts';
import type { HostProcess } from '../host/host-process.ts';
import { startHost, type ThrowawayHost } from '../host/throwaway-host.ts';

/** In ms: much sooner than the next look that only time asks for. */
const soon = 15_000;

const networks = {
  front: { subnet: '172.30.1.0/24', gateway: '172.30.1.1' },
  back: { subnet: '172.30.2.0/24', gateway: '172.30.2.1' },
};
const ips = {
  '172.30.1.2': { ip: '172.30.1.2', container_name: 'web' },
  '172.30.2.2': { ip: '172.30.2.2', container_name: 'app' },
};

/** Without sets, as it is rules that are watched here. */
const file = (port: number) => ({
  sets: false,
  networks,
  ips,
  policies: [
    { from: 'app', to: 'web', port },
    { nat: 'dnat', in: 'app', to: 'web', port: 8080, to_port: 80 },
  ],
});

for (const store of ['nft', 'legacy'] as const) {
  describe(`the daemon, rules in ${store}`, () => {
    let host: ThrowawayHost;
    let app: Container;
    let daemon: HostProcess;
    let path: string;

    const saved = async (container?: Container) =>
      await host.sh(`iptables-${store}-save`, container === undefined ? {} : { in: container });
    /** Milliseconds until the saved rules match. */
    const within = async (limit: number, pattern: RegExp, container?: Container) => {
      const began = performance.now();
      while (!pattern.test(await saved(container))) {
        if (performance.now() - began > limit) {
          throw new Error(`not within ${limit} ms: ${String(pattern)}\n${daemon.lines.join('\n')}`);
        }
      }
      return performance.now() - began;
    };
    /** What the daemon printed since it last was silent for a second. */
    const silence = async () => {
      for (let before = -1; before < daemon.lines.length; ) {
        before = daemon.lines.length;
        await sleep(1000);
      }
      daemon.forget();
      return daemon.lines.length;
    };

    beforeAll(async () => {
      host = await startHost({ iptables: store });
      await host.container('web');
      app = await host.container('app', { sysctls: { 'net.ipv4.ip_forward': '1' } });
      path = host.write('config/networks.json', '{"networks":');
    });
    afterAll(async () => {
      await host.stop();
    });

    test('waits for an engine and for a good file, and says so once', async () => {
      await host.stopEngine();
      daemon = await host.startNetwright(['watch', '-f', path], { env: { LOG_FORMAT: 'json' } });
      await daemon.waitForLine(/"file invalid"/);
      await sleep(1500);
      expect(daemon.lines.filter((line) => line.includes('"waiting for the engine"'))).toHaveLength(1);
      expect(daemon.lines.filter((line) => line.includes('"file invalid"'))).toHaveLength(1);
      await host.startEngine();
      await daemon.waitForLine(/"engine found"/);
      // Podman's have gone on running.
      for (const name of ['web', 'app']) await host.docker.getContainer(name).restart({ t: 0 });
      host.write('config/networks.json', file(80));
      await within(soon, /NETWRIGHT-FORWARD .*--dport 80 /);
      await within(soon, /-j NETWRIGHT-PREROUTING/, app);
    });

    test('an edit is in the kernel soon, with one id on every line of its pass', async () => {
      await silence();
      host.write('config/networks.json', file(81));
      await within(soon, /--dport 81 /);
      const line = await daemon.waitForLine(/"message":"changed".*tcp\/81/);
      const changed = JSON.parse(line) as { pass: string; area: string };
      expect(changed.area).toBe('host');
      const passes = daemon.lines.filter((each) => each.includes('"message":"pass"'));
      expect(passes.join('\n')).toContain(`"pass":"${changed.pass}"`);
    });

    test('a flush on the host and one inside a container are repaired at once', async () => {
      await silence();
      await host.sh(`iptables-${store} -t nat -F; iptables-${store} -F NETWRIGHT-FORWARD`);
      await within(soon, /-A NETWRIGHT-FORWARD .*--dport 81 /);
      if (store === 'legacy') return;
      await silence();
      await host.sh(`iptables-${store} -t nat -F PREROUTING`, { in: app });
      await within(soon, /-A PREROUTING .*-j NETWRIGHT-PREROUTING/, app);
    });

    test('a restarted container has its rules again, a restarted engine its hook', async () => {
      await host.docker.getContainer('app').restart();
      await within(soon, /-j NETWRIGHT-PREROUTING/, app);
      await silence();
      await host.restartEngine();
      await daemon.waitForLine(/"engine found"/);
      await within(soon, new RegExp(`-A ${userChain} -j NETWRIGHT-FORWARD`));
    });

    test('a bad file changes nothing, is logged once, and the status shows both', async () => {
      await silence();
      const before = await saved();
      host.write('config/networks.json', '{"networks": {"front": 1}}');
      await daemon.waitForLine(/"file problem"/);
      await sleep(1500);
      expect(daemon.lines.slice(-3).filter((line) => line.includes('"file invalid"'))).toHaveLength(1);
      const rules = (text: string) => text.split('\n').filter((line) => line.startsWith('-A'));
      expect(rules(await saved())).toEqual(rules(before));
      const { stdout, exitCode } = await host.netwright(['status', '-f', path, '--json']);
      expect(exitCode).toBe(1);
      expect(JSON.parse(stdout)).toMatchObject({
        file: { state: 'invalid, the last good one stays in force', problems: [{ line: 1 }] },
        inForce: expect.arrayContaining([expect.objectContaining({ area: 'networks' })]) as unknown,
      });
      host.write('config/networks.json', file(81));
      await daemon.waitForLine(/"file read"/);
    });

    test('nothing is logged while nothing changes, SIGHUP and a period apart', async () => {
      const lines = await silence();
      const { stdout } = await host.netwright(['status', '-f', path, '--json']);
      const { daemon: found } = JSON.parse(stdout) as { daemon: { pid: number } };
      await host.sh(`kill -HUP ${found.pid}`);
      await daemon.waitForLine(/"reload asked for"/);
      await sleep(1500);
      expect(daemon.lines).toHaveLength(lines + 1);
    });

    test('a second daemon of the same instance names the first and exits', async () => {
      const second = await host.netwright(['watch', '-f', path]);
      expect(second.exitCode).toBe(1);
      expect(second.stderr).toContain('netwright watch');
    });

    test('SIGTERM ends it with 0, the rules stay in force and no monitor is left', async () => {
      expect(await daemon.kill('SIGTERM')).toBe(0);
      expect(await saved()).toMatch(/-A NETWRIGHT-FORWARD .*--dport 81 /);
      expect((await host.exec(['pgrep', '-f', 'monitor'])).stdout).toBe('');
    });
  });
}
