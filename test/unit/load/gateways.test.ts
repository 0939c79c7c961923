import { describe, expect, it } from 'vitest';
import { loadText } from './directory.ts';
import { describeMessages, net } from './messages.ts';

describeMessages([
  [
    'a gateway at another address than the network says',
    `${net}ips: { 10.0.0.2: { container_name: sentry, as_gateway: true } }\n`,
    ':2:56  the gateway of "n" is 10.0.0.1, not 10.0.0.2',
    "  as_gateway belongs to the network's gateway address",
  ],
  [
    'a gateway without a container',
    `${net}ips: { 10.0.0.1: { selector: sentry, as_gateway: true } }\n`,
    ':2:50  as_gateway needs container_name',
  ],
  [
    'masquerade and dns of a container that is no gateway',
    `${net}ips: { 10.0.0.2: { container_name: web, masquerade: false, dns: true } }\n`,
    ':2:53  masquerade means nothing without as_gateway',
    ':2:65  dns means nothing without as_gateway',
  ],
  [
    'an internal network with a gateway',
    'networks: { n: { subnet: 10.0.0.0/24, internal: true } }\nips: { 10.0.0.1: { container_name: sentry, as_gateway: true } }\n',
    ':2:56  "n" is internal: it has no gateway at all',
    '  without internal nothing gets out of it either, but by its gateway',
  ],
  [
    'a gateway in a network without a bridge',
    'networks: { n: { subnet: 10.0.0.0/24, driver: macvlan } }\nips: { 10.0.0.1: { container_name: sentry, as_gateway: true } }\n',
    ':2:56  "n" is no bridge network: a container cannot be its gateway',
  ],
  [
    'two containers that are the gateway',
    'networks: { n: { subnet: [10.0.0.0/24, "fd00::/64"] } }\nips:\n  10.0.0.1: { container_name: sentry, as_gateway: true }\n  fd00::1: { container_name: other, as_gateway: true }\n',
    ':4:49  "n" has a gateway: "sentry"; the other is at F:3:13',
  ],
]);

describe('a container that is a gateway', () => {
  it('is the gateway of both families, at addresses that the network need not name', async () => {
    const text =
      'networks: { n: { subnet: [10.0.0.0/24, "fd00::/64"] } }\nips:\n  fd00::1: { container_name: sentry, as_gateway: true }\n  10.0.0.1: { container_name: sentry, as_gateway: true, masquerade: false, dns: true }\n';
    const loaded = await loadText('a.yaml', text);
    expect(loaded).toMatchObject({
      config: {
        networks: [
          {
            subnets: [{ gateway: '10.0.0.1' }, { gateway: 'fd00::1' }],
            gatewayContainer: {
              containerName: 'sentry',
              addresses: ['10.0.0.1', 'fd00::1'],
              masquerade: false,
              dns: true,
            },
          },
        ],
      },
    });
  });
});
