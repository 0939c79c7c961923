import type Dockerode from 'dockerode';
import type { Inside, Place } from './inside.ts';

/** What "unchanged" is compared by: one text for each part of the network state. */
export type Snapshot = Readonly<Record<string, string>>;

const sysctls = [
  '/proc/sys/net/ipv4/ip_forward',
  '/proc/sys/net/ipv4/conf',
  '/proc/sys/net/ipv6/conf',
  '/proc/sys/net/bridge',
  '/proc/sys/net/netfilter/nf_conntrack_max',
];

const sources: Readonly<Record<string, readonly string[]>> = {
  iptables: ['iptables-nft-save'],
  ip6tables: ['ip6tables-nft-save'],
  'iptables-legacy': ['iptables-legacy-save'],
  'ip6tables-legacy': ['ip6tables-legacy-save'],
  nft: ['nft', 'list', 'ruleset'],
  ipset: ['ipset', 'save'],
  addresses: ['ip', '-brief', 'address'],
  rules: ['ip', '-4', 'rule'],
  'rules-6': ['ip', '-6', 'rule'],
  routes: ['ip', '-4', 'route', 'show', 'table', 'all'],
  'routes-6': ['ip', '-6', 'route', 'show', 'table', 'all'],
  sysctls: ['grep', '-rs', '', ...sysctls],
};

/** Everything of one network namespace, normalised only in counters, dates, ages, whether links carry just now and the kernel's order of files. */
export async function saveNamespace(inside: Inside, place: Place | undefined): Promise<Snapshot> {
  if (place !== undefined) await settled(inside, place);
  const taken = Object.entries(sources).map(async ([name, argv]) => {
    const { stdout, stderr, exitCode } = await inside.exec(argv, place === undefined ? {} : { in: place });
    // grep's 2: some files among the sysctls can only be written.
    if (exitCode !== 0 && name !== 'sysctls') throw new Error(`${argv.join(' ')}: ${stderr}`);
    return [name, name === 'sysctls' ? sorted(stdout) : normalise(stdout)] as const;
  });
  return Object.fromEntries(await Promise.all(taken));
}

/** An address still being checked for duplicates gets its routes only afterwards, after a second or two. */
async function settled(inside: Inside, place: Place): Promise<void> {
  const tentative = 'ip -6 address show tentative';
  const wait = `for i in $(seq 60); do [ -n "$(${tentative})" ] || break; sleep 0.05; done`;
  await inside.exec(['sh', '-c', wait], { in: place });
}

/** Every network of the engine with its members, in name order; Podman's own was always created just now. */
export async function saveNetworks(docker: Dockerode): Promise<string> {
  const listed = await docker.listNetworks();
  const inspected = await Promise.all(listed.map(async ({ Id }) => await docker.getNetwork(Id).inspect()));
  inspected.sort((one, other) => (`${one.Name} ${one.Id}` < `${other.Name} ${other.Id}` ? -1 : 1));
  return JSON.stringify(
    inspected.map((network) => ({ ...network, Created: undefined })),
    undefined,
    2,
  );
}

function normalise(text: string): string {
  return (
    text
      .replace(/^# (Generated|Completed).*\n/gm, '')
      .replace(/\[\d+:\d+\]/g, '[0:0]')
      .replace(/ packets \d+ bytes \d+/g, ' packets 0 bytes 0')
      .replace(/ expires \d+sec/g, '')
      // A bridge follows what is plugged into it, UNKNOWN in between, some time after that came or went.
      .replace(/^(\S+ +)(UNKNOWN|UP {5}|DOWN {3}) /gm, '$1UP      ')
      .replace(/ linkdown /g, ' ')
  );
}

function sorted(text: string): string {
  return text.split('\n').sort().join('\n');
}
