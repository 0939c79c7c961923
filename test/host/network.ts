import type Dockerode from 'dockerode';

export interface NetworkOptions {
  /** One IPv4, one IPv6, or one of each. */
  readonly subnet: string | readonly string[];
  /** In the order of the subnets; default the engine's choice. */
  readonly gateway?: string | readonly string[];
  readonly driver?: string;
  readonly internal?: boolean;
  readonly options?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
}

/** Creates the network as a foreign tool would, by the Docker API. */
export async function createNetwork(
  docker: Dockerode,
  name: string,
  options: NetworkOptions,
): Promise<Dockerode.Network> {
  const gateways = [options.gateway ?? []].flat();
  const subnets = [options.subnet].flat();
  return await docker.createNetwork({
    Name: name,
    CheckDuplicate: true,
    Driver: options.driver ?? 'bridge',
    Internal: options.internal ?? false,
    EnableIPv6: subnets.some((subnet) => subnet.includes(':')),
    IPAM: {
      Config: subnets.map((Subnet, at) => ({ Subnet, ...(gateways[at] && { Gateway: gateways[at] }) })),
    },
    Options: { ...options.options },
    Labels: { ...options.labels },
  });
}

const bridgeName = 'com.docker.network.bridge.name';

/** As `podman network create`; Podman's Docker API would put the engine's own isolation between networks, which that does not. */
export async function createPodmanNetwork(
  docker: Dockerode,
  name: string,
  { driver = 'bridge', ...options }: NetworkOptions,
): Promise<Dockerode.Network> {
  const gateways = [options.gateway ?? []].flat();
  const subnets = [options.subnet].flat();
  // Podman 4 knows the name of a bridge only as a field of its own.
  const { [bridgeName]: bridge, ...others } = { ...options.options };
  const body = {
    name,
    ...(bridge !== undefined && { network_interface: bridge }),
    driver,
    internal: options.internal ?? false,
    dns_enabled: driver === 'bridge',
    ipv6_enabled: subnets.some((subnet) => subnet.includes(':')),
    subnets: subnets.map((subnet, at) => ({ subnet, ...(gateways[at] && { gateway: gateways[at] }) })),
    options: others,
    labels: { ...options.labels },
  };
  const path = '/v4.0.0/libpod/networks/create';
  await new Promise<void>((resolve, reject) => {
    docker.modem.dial({ method: 'POST', path, options: body, statusCodes: { 200: true } }, (error) =>
      error instanceof Error ? reject(error) : resolve(),
    );
  });
  return docker.getNetwork(name);
}
