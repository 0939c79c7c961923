import type Dockerode from 'dockerode';
import type { Place } from './inside.ts';

interface Attachment {
  readonly ipv4?: string;
  readonly ipv6?: string;
  readonly aliases?: readonly string[];
}

export interface ContainerOptions {
  /** Default `busybox`, which every host has. */
  readonly image?: string;
  /** Names, or names with addresses; default the engine's default network, here called `bridge` whatever the engine calls it. */
  readonly networks?: readonly string[] | Readonly<Record<string, Attachment>>;
  readonly labels?: Readonly<Record<string, string>>;
  /** Default: sleeps, and stops at once when told to. */
  readonly cmd?: readonly string[];
  readonly env?: readonly string[];
  readonly capAdd?: readonly string[];
  readonly privileged?: boolean;
  /** As `docker run --user`. */
  readonly user?: string;
  /** `host`, `none`, `container:NAME`; not together with `networks`. */
  readonly networkMode?: string;
  /** As `docker run -p`, without addresses: `8080:80`, `53:53/udp`. */
  readonly ports?: readonly string[];
  readonly sysctls?: Readonly<Record<string, string>>;
  /** As `docker run --dns`. */
  readonly dns?: readonly string[];
  /** As `docker run -v`, of the engine's own root. */
  readonly binds?: readonly string[];
  /** Default true. */
  readonly start?: boolean;
}

/** A container of a throwaway host, and the network namespace it has while it runs. */
export class Container implements Place {
  readonly name: string;
  readonly #docker: Dockerode;

  constructor(docker: Dockerode, name: string) {
    this.#docker = docker;
    this.name = name;
  }

  async inspect(): Promise<Dockerode.ContainerInspectInfo> {
    return await this.#handle().inspect();
  }

  async netns(): Promise<string> {
    const { State } = await this.inspect();
    if (!State.Running)
      throw new Error(
        `the container ${this.name} is not running (${State.Status}, exit code ${State.ExitCode})`,
      );
    return `/proc/${State.Pid}/ns/net`;
  }

  /** Its IPv4 address, or with `ipv6` its IPv6 address, in the network, by default its only one. */
  async address(network?: string, family: 'ipv4' | 'ipv6' = 'ipv4'): Promise<string> {
    const { Networks } = (await this.inspect()).NetworkSettings;
    const [only, ...others] = Object.keys(Networks);
    const found = network ?? (others.length === 0 ? only : undefined);
    const endpoint = found === undefined ? undefined : Networks[found];
    const address = family === 'ipv4' ? endpoint?.IPAddress : endpoint?.GlobalIPv6Address;
    if (!address)
      throw new Error(
        `${this.name} has no ${family} address in ${found ?? `one of ${Object.keys(Networks).join(', ')}`}`,
      );
    return address;
  }

  async start(): Promise<void> {
    await this.#handle().start();
  }

  async stop(): Promise<void> {
    await this.#handle().stop({ t: 2 });
  }

  async restart(): Promise<void> {
    await this.#handle().restart({ t: 2 });
  }

  async remove(): Promise<void> {
    await this.#handle().remove({ force: true, v: true });
  }

  #handle(): Dockerode.Container {
    return this.#docker.getContainer(this.name);
  }
}

/** Creates the container, joins it to all of its networks, and then starts it. */
export async function createContainer(
  docker: Dockerode,
  name: string,
  options: ContainerOptions,
  defaultNetwork: string,
): Promise<Container> {
  const networks = attachments(options.networks).map(
    ([network, attachment]) => [network === 'bridge' ? defaultNetwork : network, attachment] as const,
  );
  const [first, ...others] = networks;
  const ports = options.ports?.map(publication) ?? [];
  const mode = options.networkMode ?? first?.[0];
  await docker.createContainer({
    name,
    Image: options.image ?? 'busybox',
    ...(options.cmd && { Cmd: [...options.cmd] }),
    ...(options.env && { Env: [...options.env] }),
    ...(options.user !== undefined && { User: options.user }),
    Labels: { ...options.labels },
    ExposedPorts: Object.fromEntries(ports.map(([port]) => [port, {}])),
    HostConfig: {
      ...(mode !== undefined && { NetworkMode: mode }),
      CapAdd: [...(options.capAdd ?? [])],
      Privileged: options.privileged ?? false,
      PortBindings: Object.fromEntries(ports),
      ...(options.dns && { Dns: [...options.dns] }),
      ...(options.binds && { Binds: [...options.binds] }),
      ...(options.sysctls && { Sysctls: { ...options.sysctls } }),
    },
    ...(first && { NetworkingConfig: { EndpointsConfig: { [first[0]]: endpoint(first[1]) } } }),
  });
  for (const [network, attachment] of others)
    await docker.getNetwork(network).connect({ Container: name, EndpointConfig: endpoint(attachment) });
  const container = new Container(docker, name);
  if (options.start ?? true) await container.start();
  return container;
}

function attachments(
  networks: ContainerOptions['networks'] = [],
): readonly (readonly [string, Attachment])[] {
  return isNames(networks) ? networks.map((name) => [name, {}] as const) : Object.entries(networks);
}

function isNames(networks: NonNullable<ContainerOptions['networks']>): networks is readonly string[] {
  return Array.isArray(networks);
}

function endpoint({ ipv4, ipv6, aliases }: Attachment): Dockerode.EndpointSettings {
  return {
    IPAMConfig: {
      ...(ipv4 !== undefined && { IPv4Address: ipv4 }),
      ...(ipv6 !== undefined && { IPv6Address: ipv6 }),
    },
    ...(aliases && { Aliases: [...aliases] }),
  };
}

function publication(port: string): readonly [string, readonly { readonly HostPort: string }[]] {
  const [onHost = '', inContainer = ''] = port.split(':');
  return [inContainer.includes('/') ? inContainer : `${inContainer}/tcp`, [{ HostPort: onHost }]];
}
