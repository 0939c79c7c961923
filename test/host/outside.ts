import type { Inside, Place } from './inside.ts';

/** A machine beyond one of the host's interfaces: a network namespace of its own at the other end of a veth pair. */
export class Outside implements Place {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  netns(): Promise<string> {
    return Promise.resolve(`/run/netns/${this.name}`);
  }
}

/**
 * Makes a peer behind the host's new interface `ifname`. Addresses have prefix lengths, IPv4 and IPv6 alike; the peer's
 * default routes lead through the host's first address of each family.
 */
export async function createOutside(
  inside: Inside,
  ifname: string,
  hostAddresses: readonly string[],
  peerAddresses: readonly string[],
): Promise<Outside> {
  const name = `beyond-${ifname}`;
  const ip = async (...argv: readonly string[]) => await succeed(inside, ['ip', ...argv]);
  await ip('netns', 'add', name);
  // Only interfaces made afterwards take the default over.
  const noCheck = 'for scope in all default; do echo 0 >/proc/sys/net/ipv6/conf/$scope/accept_dad; done';
  await succeed(inside, ['nsenter', `--net=/run/netns/${name}`, 'sh', '-c', noCheck]);
  await ip('link', 'add', ifname, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name);
  // nodad: an IPv6 address that is still being checked for duplicates cannot be bound.
  for (const address of hostAddresses) await ip('address', 'add', address, 'dev', ifname, ...nodad(address));
  for (const address of peerAddresses)
    await ip('-n', name, 'address', 'add', address, 'dev', 'eth0', ...nodad(address));
  await ip('link', 'set', ifname, 'up');
  await ip('-n', name, 'link', 'set', 'lo', 'up');
  await ip('-n', name, 'link', 'set', 'eth0', 'up');
  for (const family of ['-4', '-6'] as const) {
    const via = hostAddresses.find((address) => address.includes(':') === (family === '-6'));
    if (via !== undefined)
      await ip(family, '-n', name, 'route', 'add', 'default', 'via', withoutPrefix(via), 'dev', 'eth0');
  }
  return new Outside(name);
}

function nodad(address: string): readonly string[] {
  return address.includes(':') ? ['nodad'] : [];
}

function withoutPrefix(address: string): string {
  return address.replace(/\/.*/, '');
}

async function succeed(inside: Inside, argv: readonly string[]): Promise<void> {
  const { exitCode, stderr } = await inside.exec(argv);
  if (exitCode !== 0) throw new Error(`${argv.join(' ')}: ${stderr}`);
}
