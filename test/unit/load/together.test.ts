import { describe, expect, it } from 'vitest';
import { linesOf, loadText } from './directory.ts';
import { web } from './messages.ts';

describe('a file with', () => {
  it('many mistakes has them all told at once, in the order of its lines', async () => {
    const text =
      'policies:\n  - { from: any, to: any, port: x }\n  - { from: any }\nnetworks:\n  n: { subnet: 1.2.3/8 }\nzebra: 1\n';
    expect(linesOf(await loadText('a.yaml', text)).filter((line) => line.startsWith('a'))).toEqual([
      'a.yaml:2:33  policies[0].port: expected a port from 1 to 65535, a range such as "8000-8100", or a list of these, found "x"',
      'a.yaml:3:5  the policy has neither a target nor nat',
      'a.yaml:5:16  subnet: "1.2.3/8" is no subnet',
      'a.yaml:6:1  unknown key "zebra"',
    ]);
  });

  it('a network that is wrong is not blamed for what refers to it', async () => {
    const text =
      'networks: { n: { subnet: 10.0.0.0 } }\nips: { 10.0.0.2: { container_name: web, network_name: n } }\npolicies: [{ from: n, to: web }]\n';
    expect(linesOf(await loadText('a.yaml', text))).toHaveLength(1);
  });

  it('a key too many in a network hides no other mistake', async () => {
    const text =
      'networks: { n: { subnet: 10.0.0.0/24, gatway: 10.0.0.1 } }\nips: { 10.9.0.2: { container_name: web } }\npolicies: [{ from: wbe, to: web }]\n';
    const lines = linesOf(await loadText('a.yaml', text));
    expect(lines.filter((line) => line.startsWith('a'))).toEqual([
      'a.yaml:1:39  unknown key "gatway" in networks.n',
      "a.yaml:2:8  10.9.0.2 is in no subnet of the file's networks",
      'a.yaml:3:20  warning: nothing in the file is called "wbe"',
    ]);
  });

  it("an unknown key in an extension is nobody's business", async () => {
    expect(linesOf(await loadText('a.yaml', 'x-mine: { a: [1, { b: c }] }\n'))).toEqual([]);
  });
});

describe('not a mistake:', () => {
  it.each([
    ['{}', 'nothing declared'],
    [
      `${web}policies: [{ from: any, to: web, port: ["80", 443, "8000-8100"] }]\n`,
      'ports as text, numbers and ranges',
    ],
    [
      `${web}policies: [{ nat: dnat, iface: wg0, to: web, port: 80 }, { nat: dnat, iface: wg1, to: web, port: 80 }]\n`,
      'DNATs on two interfaces',
    ],
    [
      `${web}policies: [{ nat: dnat, iface: wg0, to: web, port: 80 }, { nat: dnat, iface: wg0, to: web, port: 80, proto: udp }]\n`,
      'DNATs of two protocols',
    ],
    [
      'networks: { n: { subnet: [10.0.0.0/24, "fd00:1::/64"], gateway: ["fd00:1::1", 10.0.0.1] } }\nips: { 10.0.0.2: { container_name: a }, "fd00:1::2": { container_name: a } }\n',
      'a dual-stack endpoint',
    ],
    [`${web}policies: [{ from: "label:app=web", to: web }]\n`, 'a label'],
    [
      'routing: [{ routes: [{ to: default, via: 192.168.1.1, table: 200 }], rules: [{ fwmark: 2, table: 200 }], sysctls: { net.ipv4.conf.wg0.rp_filter: 0 } }]\n',
      'routing on the host',
    ],
  ])('%s', async (text) => {
    expect(linesOf(await loadText('a.yaml', text))).toEqual([]);
  });
});
