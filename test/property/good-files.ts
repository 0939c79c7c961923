import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { Json } from './hostile-values.ts';

const root = join(import.meta.dirname, '../..');

/** Everything a file can say, with what YAML has and JSON has not. */
const everything = `
# a comment: "quoted"
strict: false
sets: true
x-web: &web { proto: tcp, port: [80, 443] }
networks:
  front: { subnet: [172.30.1.0/24, 'fd30:1::/64'], gateway: 172.30.1.1, isolated: true, ingress: deny, mtu: 1400, options: { com.docker.network.bridge.name: br-front } }
  back: &closed
    subnet: 172.30.2.0/24
    ip_range: 172.30.2.128/25
    egress: deny
    host_access: deny
    labels: { tier: data, "note: x": 'a "b"' }
  safe: { <<: *closed, subnet: 172.30.3.0/24, ip_range: 172.30.3.0/25, internal: true, on_conflict: recreate }
ips:
  app: { ip: 172.30.1.10, container_name: app, aliases: [www], service_name: webs }
  app-6: { ip: 'fd30:1::10', container_name: app, service_name: webs }
  db: { ip: 172.30.2.10, container_name: db, selector: store, mac_address: 02:11:22:33:44:55, network_name: back }
  172.30.3.10: { container_name: late }
policies:
  - <<: *web
    from: webs
    to: store
    name: queries
    description: >-
      folded
      text
  - { from: [10.0.0.0/8, 'label:role=guest'], to: app, port: 8000-8100, proto: udp, action: reject, log: true }
  - { from: back, to: any, proto: icmp, action: drop }
  - { nat: dnat, iface: wg0, to: db, port: 8080, to_port: 5432, masquerade: true }
  - { nat: dnat, in: app, container_name: db, port: 81, to_port: 5432 }
  - { nat: masquerade, iface: lan0, from: front }
  - { from: any, service_name: webs, proto: any }
routing:
  - in: host
    routes:
      - { to: default, via: 10.9.0.2, table: 200, metric: 5 }
      - { to: 'fd60::/64', via: 'fd09::2', dev: wg0 }
      - { to: 10.61.0.0/24, type: blackhole }
    rules: [{ fwmark: 0x5/0xff, table: 200, priority: 1000 }, { from: 172.30.1.0/24, iif: wg0, table: main }]
    sysctls: { net.ipv4.conf.wg0.rp_filter: 2 }
  - { in: app, routes: [{ to: 10.70.0.0/24, via: 172.30.1.1 }], sysctls: { net.ipv4.tcp_syn_retries: 3 } }
`;

/** Every networks file of the examples and of the scenarios, and one that says all there is to say. */
export const goodTexts: readonly string[] = [
  everything,
  ...['examples', 'test/scenarios'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((path) => /networks\.(json|yaml)$/.test(path))
      .sort()
      .map((path) => readFileSync(join(root, folder, path), 'utf8')),
  ),
];

export const goodFiles = goodTexts.map((text) => parse(text, { merge: true }) as Json);
