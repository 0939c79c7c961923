import type { ThrowawayHost } from './throwaway-host.ts';

/** Lets the engine make what it makes for a first container and then keeps: tables of `raw` (Docker 28), chains for IPv6. */
export async function useEngineOnce(host: ThrowawayHost): Promise<void> {
  const network = await host.network('first', { subnet: ['172.31.8.0/24', 'fd31:8::/64'] });
  await (await host.container('first', { networks: ['first'] })).remove();
  await network.remove();
}
