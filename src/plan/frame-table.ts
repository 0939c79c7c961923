import { boundsOf } from '../model/address.ts';
import { familyOf } from '../model/block.ts';
import {
  type DesiredFrames,
  type FrameField,
  type FramePlace,
  type FrameRule,
  type FrameTable,
  type FrameTest,
  type Ports,
  portKey,
} from '../model/frames.ts';
import { isBridgeName } from '../model/networks.ts';

interface Plugged extends FramePlace {
  readonly port: string;
}

/**
 * A table that lets addresses and MACs pass only from the port of the container whose they are. A port that nobody is known to be
 * behind yet, as a container has that just started, may use what is nobody's.
 *
 *   prerouting  before the bridge learns from the frame: whose MAC, whose ARP and IP addresses, who may advertise ways and addresses
 *               └▶ adverts  neighbour advertisements for an address of somebody else
 *   forward     what ports that nobody knows may not send to known ones
 *   input       known ports have nothing to tell the host, nor does IP belong into frames that no bridge passes on
 */
export function frameTable({ places, gateways }: DesiredFrames, ports: Ports): FrameTable {
  const plugged = pluggedOf(places, ports);
  const members = plugged.filter(({ role }) => role !== 'beyond');
  const withMac = members.flatMap(({ port, macAddress }) =>
    macAddress === undefined ? [] : [[port, macAddress] as const],
  );
  const owned = members.flatMap(ownAddresses);
  const unowned = gateways.filter((gateway) => !owned.some(([, address]) => address === gateway));
  const of = (family: 4 | 6) => owned.filter(([, address]) => familyOf(address) === family);
  const taken = (family: 4 | 6) =>
    [...of(family).map(([, address]) => address), ...unowned.filter((each) => familyOf(each) === family)].map(
      (address) => [address],
    );
  const names = (found: readonly Plugged[]) => unique(found.map(({ port }) => [port]));
  return {
    sets: [
      { name: 'ports', of: ['ifname'], elements: names(members) },
      { name: 'gateways', of: ['ifname'], elements: names(members.filter(({ role }) => role === 'gateway')) },
      { name: 'routers', of: ['ifname'], elements: names(plugged.filter(({ role }) => role !== 'member')) },
      { name: 'macs', of: ['ether_addr'], elements: unique(withMac.map(([, mac]) => [mac])) },
      { name: 'mac-at', of: ['ifname', 'ether_addr'], elements: unique(withMac) },
      { name: 'taken4', of: ['ipv4_addr'], elements: unique(taken(4)) },
      { name: 'at4', of: ['ifname', 'ipv4_addr'], elements: unique(of(4)) },
      { name: 'taken6', of: ['ipv6_addr'], elements: unique(taken(6)) },
      { name: 'at6', of: ['ifname', 'ipv6_addr'], elements: unique(of(6)) },
    ],
    chains: [
      { name: 'adverts', rules: adverts(of(6), unowned) },
      { name: 'prerouting', hook: 'prerouting', rules: arriving },
      { name: 'forward', hook: 'forward', rules: passing },
      { name: 'input', hook: 'input', rules: toHost },
    ],
  };
}

/** One port is one container's: who claims to be behind that of a gateway container, or of another, is believed nothing. */
function pluggedOf(places: readonly FramePlace[], ports: Ports): readonly Plugged[] {
  const found = places.flatMap((place): readonly Plugged[] => {
    const port = ports.get(portKey(place));
    return port === undefined || !isBridgeName(port) ? [] : [{ ...place, port }];
  });
  return found.filter(
    ({ port, container, role }) =>
      role !== 'member' || !found.some((other) => other.port === port && other.container !== container),
  );
}

/** With the link-local address that the kernel makes of its MAC (RFC 4291, appendix A). */
function ownAddresses({ port, addresses, macAddress }: Plugged): readonly (readonly [string, string])[] {
  const own = macAddress === undefined ? addresses : [...addresses, linkLocalOf(macAddress)];
  return own.map((address) => [port, address] as const);
}

function linkLocalOf(mac: string): string {
  const bytes = mac.split(':').map((byte) => Number.parseInt(byte, 16));
  const [first = 0, second = 0, third = 0, fourth = 0, fifth = 0, sixth = 0] = bytes;
  const words = [((first ^ 2) << 8) | second, (third << 8) | 0xff, 0xfe00 | fourth, (fifth << 8) | sixth];
  return `fe80::${words.map((word) => word.toString(16)).join(':')}`;
}

function unique(elements: readonly (readonly string[])[]): readonly (readonly string[])[] {
  return [...new Map(elements.map((parts) => [parts.join(' '), parts])).values()];
}

const test = (of: FrameField | readonly FrameField[], is: FrameTest['is']): FrameTest => ({
  of: typeof of === 'string' ? [of] : of,
  is,
});
const no = (of: FrameField | readonly FrameField[], is: FrameTest['is']): FrameTest => ({
  ...test(of, is),
  not: true,
});
const drop = (...tests: readonly FrameTest[]): FrameRule => ({ tests, verdict: 'drop' });

const known = test('iifname', '@ports');
const fromMember = [known, no('iifname', '@gateways')];
const untagged = ['ip', 'ip6', 'arp'];
/** Router advertisements and redirects, and what a DHCP server says. */
const ways: readonly (readonly FrameTest[])[] = [
  [test('icmpv6 type', ['nd-router-advert', 'nd-redirect'])],
  [test('udp sport', '67'), test('udp dport', '68')],
  [test('udp sport', '547'), test('udp dport', '546')],
];

const arriving: readonly FrameRule[] = [
  drop(test('ether saddr', '@macs'), no(['iifname', 'ether saddr'], '@mac-at')),
  drop(known, no(['iifname', 'ether saddr'], '@mac-at')),
  drop(known, no('ether type', untagged)),
  drop(test('arp saddr ether', '@macs'), no(['iifname', 'arp saddr ether'], '@mac-at')),
  drop(known, no(['iifname', 'arp saddr ether'], '@mac-at')),
  drop(test('arp saddr ip', '@taken4'), no(['iifname', 'arp saddr ip'], '@at4')),
  drop(known, no('arp saddr ip', '0.0.0.0'), no(['iifname', 'arp saddr ip'], '@at4')),
  { tests: [test('icmpv6 type', 'nd-neighbor-advert')], verdict: { jump: 'adverts' } },
  ...ways.map((way) => drop(...fromMember, ...way)),
  { tests: [test('iifname', '@routers')], verdict: 'accept' },
  drop(test('ip saddr', '@taken4'), no(['iifname', 'ip saddr'], '@at4')),
  drop(known, no('ip saddr', '0.0.0.0'), no(['iifname', 'ip saddr'], '@at4')),
  drop(test('ip6 saddr', '@taken6'), no(['iifname', 'ip6 saddr'], '@at6')),
  drop(known, no('ip6 saddr', 'fe80::/10'), no('ip6 saddr', '::'), no(['iifname', 'ip6 saddr'], '@at6')),
];

const fromStranger = [test('oifname', '@ports'), no('iifname', '@ports')];
const passing: readonly FrameRule[] = [
  drop(...fromStranger, no('ether type', untagged)),
  ...ways.map((way) => drop(...fromStranger, ...way)),
];

/** Frames to 01:80:c2:00:00:0x come up at the port itself, past all that is said of the bridge (br_handle_frame). */
const toHost: readonly FrameRule[] = [
  drop(known),
  drop(test('ether daddr & ff:ff:ff:ff:ff:f0', '01:80:c2:00:00:00'), test('ether type', untagged)),
];

/** Of these nft takes no set, as it does not know the field of them all for an address (measured, 1.0.6). */
function adverts(
  owned: readonly (readonly [port: string, address: string])[],
  unowned: readonly string[],
): readonly FrameRule[] {
  const about = (address: string): FrameTest => {
    const [value] = boundsOf(address);
    return test('@th,64,128', `0x${value.toString(16)}`);
  };
  return [
    ...owned.map(([port, address]) => drop(about(address), no('iifname', port))),
    ...unowned.filter((address) => familyOf(address) === 6).map((address) => drop(about(address))),
  ];
}
