import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Container } from '../host/container.ts';
import { engineUnderTest } from '../host/engine-under-test.ts';
import { startHost, type ThrowawayHost } from '../host/throwaway-host.ts';

const networks = {
  uplink: { subnet: '172.20.6.0/24', gateway: '172.20.6.1' },
  bottle: { subnet: '172.20.5.0/24', gateway: '172.20.5.1' },
};
const file = (more: object = {}) => ({
  networks: { ...networks, bottle: { ...networks.bottle, ...more } },
  ips: { '172.20.5.1': { container_name: 'sentry', as_gateway: true } },
});

let host: ThrowawayHost;
let bottle: Container;
let sentry: Container;
let web: Container;

const run = async (command: 'plan' | 'apply', wanted: object) =>
  await host.netwright([command], { file: wanted });
const asked = async () => await host.connect(bottle, { address: await web.address(), port: 80 });

beforeAll(async () => {
  // The rules of Debian 12's Docker can be in iptables-legacy as well.
  host = await startHost(engineUnderTest === 'docker' ? { iptables: 'legacy' } : {});
  await host.network('bottle', { subnet: '172.20.5.0/24', gateway: '172.20.5.1' });
  expect(await run('apply', { networks: { uplink: networks.uplink } })).toMatchObject({ exitCode: 0 });
  bottle = await host.container('bottle', { networks: { bottle: { ipv4: '172.20.5.20' } } });
  sentry = await host.container('sentry', { networks: ['uplink'] });
  web = await host.container('web', { networks: ['uplink'] });
  await host.listen(web, { port: 80 });
});
afterAll(async () => await host.stop());

test('a network of which the host is the gateway is not changed without consent', async () => {
  const before = await host.save();
  for (const command of ['plan', 'apply'] as const) {
    const { exitCode, stdout } = await run(command, file());
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/network bottle\s+the live network differs: .*its gateway was the host/);
    expect(stdout).toContain('on_conflict: recreate');
  }
  const after = await host.save();
  expect(after['networks']).toBe(before['networks']);
  expect(after['addresses']).toBe(before['addresses']);
  expect(await host.sh('ip address', { in: sentry })).not.toContain('172.20.5.');
});

test('with consent the plan says whom it interrupts, and members then go out by the container', async () => {
  const consent = file({ on_conflict: 'recreate' });
  const planned = await run('plan', consent);
  expect(planned).toMatchObject({ exitCode: 2, stderr: '' });
  expect(planned.stdout).toMatch(/~ bottle .*its gateway was the host.*interrupts bottle/);
  const applied = await run('apply', consent);
  expect(applied, applied.stdout).toMatchObject({ exitCode: 0, stderr: '' });
  expect(await asked()).toMatchObject({ by: 'web', clientAddress: await sentry.address('uplink') });
  expect(await host.sh('ip address', { in: bottle })).toContain('172.20.5.20/');
  expect(await run('plan', consent)).toMatchObject({ exitCode: 0, stdout: 'No changes.\n' });
});

test('without that container nothing passes, and nothing past it', async () => {
  await sentry.stop();
  expect((await asked()).kind).not.toBe('answered');
  const own = await host.sh('ip -o link', { in: bottle });
  const index = /@if(\d+)/.exec(own)?.[1] ?? '';
  const bridge = new RegExp(`^${index}: .* master (\\S+) `, 'm').exec(await host.sh('ip -o link'))?.[1] ?? '';
  const mac = (await host.sh(`cat /sys/class/net/${bridge}/address`)).trim();
  await host.sh(
    `dev=$(ip -o address show to 172.20.5.20 | awk '{ print $2 }')
     ip neighbour replace 172.20.5.1 lladdr ${mac} dev $dev nud permanent`,
    { in: bottle },
  );
  await host.sh(
    "nft 'table inet seen { chain first { type filter hook prerouting priority -400; counter; }; }'",
    {
      in: web,
    },
  );
  expect((await asked()).kind).not.toBe('answered');
  expect(await host.sh('nft list table inet seen', { in: web })).toContain('packets 0 ');
});
