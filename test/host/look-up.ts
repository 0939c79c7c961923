import type { Container } from './container.ts';
import type { ThrowawayHost } from './throwaway-host.ts';

/** What the container's own name server says of the name, as text: Docker's is at 127.0.0.11, Podman's at the network's gateway. */
export async function lookUp(host: ThrowawayHost, asker: Container, name: string): Promise<string> {
  const { Pid } = (await asker.inspect()).State;
  const servers = await host.sh(`sed -n 's/^nameserver //p' /proc/${Pid}/root/etc/resolv.conf`);
  const argv = ['busybox', 'nslookup', name, servers.split('\n')[0] ?? ''];
  return (await host.exec(argv, { in: asker })).stdout;
}
