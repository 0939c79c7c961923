import type Dockerode from 'dockerode';
import { mapBounded } from '../../src/host/bounded.ts';
import type { Container } from '../host/container.ts';
import type { ThrowawayHost } from '../host/throwaway-host.ts';
import { hostileTexts } from '../property/hostile-values.ts';

/** Begins a line of its own wherever a text with it is printed as it is. */
export const forgedLine = 'forged: all is well';

const texts: readonly string[] = [
  ...hostileTexts,
  `calm\n${forgedLine}`,
  `calm\r${forgedLine}`,
  `calm\u2028${forgedLine}`,
  `\u001b[1A\u001b[2K\r${forgedLine}`,
  'calm\u009b2J',
];

/** What others have made through the engine with texts that its networks, containers and places in networks may carry. */
export interface HostileThings {
  readonly networks: readonly Dockerode.Network[];
  readonly containers: readonly Container[];
  /** Subnets of the networks. */
  readonly subnets: readonly string[];
}

/** Labels that look like `role=web` to who reads them carelessly, and are not. */
const nearly: Readonly<Record<string, string>> = {
  'role=web': 'web',
  'role ': 'web',
  ' role': 'web',
  'role\n': 'web',
  'role\0': 'web',
  ROLE: 'web',
  'label:role': 'web',
  'label:role=web': '',
  rol: 'e=web',
  role: 'web\n',
  __proto__: 'web',
};

/** The kernel's names of interfaces: anything without blanks, slashes and colons. A + at the end is left out: to Docker's own rules it is a wildcard. */
const bridgeNames = [
  '--',
  '-j',
  'a"b',
  "a'b",
  'a\\',
  '$(reboot)',
  'a;b|c&d>e<f',
  '*',
  '!lan0',
  'ü',
  '\u001b[2J',
  '\u202eb',
];

/** One network and one running container for each text, half of the containers also in `joined`; what the engine refuses is left out. */
export async function gatherHostile(host: ThrowawayHost, joined: string): Promise<HostileThings> {
  const things = await mapBounded([...texts.entries()], 4, ([at, text]) => make(host, joined, at, text));
  return {
    networks: things.flatMap(({ network }) => network ?? []),
    containers: things.flatMap(({ container }) => container ?? []),
    subnets: things.flatMap(({ network, subnet }) => (network === undefined ? [] : subnet)),
  };
}

async function make(host: ThrowawayHost, joined: string, at: number, text: string) {
  const subnet = `10.99.${at}.0/24`;
  const bridge = bridgeNames[at];
  const network = await host
    .network(text, {
      subnet,
      labels: { [text]: text, note: text },
      options: bridge === undefined ? {} : { 'com.docker.network.bridge.name': bridge },
    })
    .catch(() => undefined);
  const own = network === undefined ? host.defaultNetwork : network.id;
  const options = {
    networks: { [own]: {}, ...(at % 2 === 0 && { [joined]: { aliases: [text, 'db', 'app'] } }) },
    labels: { ...nearly, [text]: text, crew: text, ...(at % 3 === 0 && { role: text }) },
  };
  const container =
    (await host.container(text, options).catch(() => undefined)) ??
    (await host.container(`guest-${at}`, options).catch(() => undefined));
  return { network, subnet, container };
}
