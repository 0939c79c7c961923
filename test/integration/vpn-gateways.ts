import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { providerGateway } from './vpn-scene.ts';

const example = parse(
  readFileSync(
    fileURLToPath(new URL('../../examples/vpn-gateway/config/networks.yaml', import.meta.url)),
    'utf8',
  ),
) as Example;

interface Example {
  readonly networks: object;
  readonly discovery: readonly object[];
  readonly policies: readonly object[];
  readonly routing: readonly { readonly in: string; readonly sysctls?: Readonly<Record<string, number>> }[];
}

/** One of the three namespaces in which the gateway can be. */
interface Gateway {
  readonly file: object;
  /** Where netwright itself runs. */
  readonly runsIn?: 'vpn';
  /** Where the tunnel ends. */
  readonly tunnelIn: 'host' | 'vpn';
}

export const onHost: Gateway = {
  tunnelIn: 'host',
  file: {
    networks: example.networks,
    discovery: [{ network: 'internal', dnat_iface: 'wg0', mark_published_ports: 2, warm_up: true }],
    policies: [{ nat: 'masquerade', iface: 'wg0', from: 'internal' }],
    routing: [
      {
        routes: [
          { to: 'default', dev: 'wg0' },
          { to: 'default', via: providerGateway, dev: 'prov0', table: 200 },
        ],
        rules: [
          { to: '172.20.0.0/24', table: 'main', priority: 90 },
          { fwmark: 2, table: 200, priority: 100 },
        ],
        sysctls: { 'net.ipv4.conf.prov0.rp_filter': 2, 'net.ipv4.conf.wg0.src_valid_mark': 1 },
      },
    ],
  },
};
export const inVpn: Gateway = { tunnelIn: 'vpn', file: example };
/** Those sysctls. */
export const ofHost = example.routing.find((entry) => entry.in === 'host')?.sysctls ?? {};
/** The same file from the container's own point of view; what it says of the host is left to the host. */
export const ofVpn: Gateway = {
  tunnelIn: 'vpn',
  runsIn: 'vpn',
  file: {
    discovery: example.discovery.map((entry) => ({ ...entry, in: 'host' })),
    policies: [{ nat: 'masquerade', iface: 'wg0', from: '172.20.0.0/24' }],
    routing: example.routing
      .filter((entry) => entry.in !== 'host')
      .map((entry) => ({ ...entry, in: entry.in === 'vpn' ? 'host' : entry.in })),
  },
};
