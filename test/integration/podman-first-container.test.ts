import { expect, test } from 'vitest';
import { startHost } from '../host/throwaway-host.ts';
import { until } from './daemon-scene.ts';
import { isOtherDocker, podman } from './podman-engine.ts';

const file = {
  networks: { front: { subnet: ['172.30.1.0/24', 'fd30:1::/64'] }, back: { subnet: '172.30.2.0/24' } },
  ips: { '172.30.1.10': { container_name: 'web' } },
  policies: [{ from: 'front', to: 'back', port: 80 }],
};

/** In ms: much sooner than the next look that only time asks for. */
const soon = 15_000;

test.skipIf(isOtherDocker).each(['nft', 'legacy'] as const)(
  'the first container takes our hook its place for a moment only, rules in %s',
  async (iptables) => {
    const host = await startHost({ engine: podman, iptables });
    const web = await host.container('web', { start: false });
    const daemon = await host.startNetwright(['watch'], { file: host.write('networks.json', file) });
    await daemon.waitForLine(/ pass .*changes=[1-9]/);
    const jumps = async (tool: string) =>
      (await host.sh(`${tool}-${iptables} -S FORWARD`)).match(/-j [A-Z][A-Z_-]+/g)?.slice(0, 2);
    for (const tool of ['iptables', 'ip6tables'])
      await until('the hook', soon, async () => (await jumps(tool))?.[0] === '-j NETWRIGHT-FORWARD');
    await web.start();
    // Podman 5 has its rules elsewhere.
    const isDisplaced = (await host.docker.version()).Version.startsWith('4.');
    const whole = isDisplaced ? ['-j NETWRIGHT-FORWARD', '-j NETAVARK_FORWARD'] : ['-j NETWRIGHT-FORWARD'];
    for (const tool of ['iptables', 'ip6tables'])
      await until('the hook again', soon, async () => (await jumps(tool))?.join() === whole.join());
    expect(await daemon.kill('SIGTERM')).toBe(0);
    await host.stop();
  },
);
