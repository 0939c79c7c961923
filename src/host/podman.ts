import type Docker from 'dockerode';
import type { Ownership } from '../model/ownership.ts';
import { encoded, endpointBody, openDocker } from './docker.ts';
import type { Engine, NewEndpoint } from './engine.ts';
import { engineCalls } from './engine-calls.ts';
import type { Answering } from './greet.ts';
import { endpointMark } from './podman-mark.ts';
import { libpodNetwork } from './podman-network.ts';

/**
 * Podman: by the Docker API where that says what is meant, else by its own. Networks are listed by its own because the other
 * leaves out their bridges and ranges, and made by it because the other puts Podman's isolation between them (measured: 4.3 to 5.8).
 */
export function openPodman(answering: Answering): Engine {
  const { address, client, libpod = client } = answering;
  const { ask, act } = engineCalls(address);
  return {
    ...openDocker(answering),
    keepsMacAddresses: true,
    listNetworks: (signal) =>
      ask(signal, (abortSignal) =>
        dial(libpod, { method: 'GET', path: '/libpod/networks/json', abortSignal }),
      ),
    createNetwork: (network, signal) =>
      act(signal, (abortSignal) =>
        dial(libpod, {
          method: 'POST',
          path: '/libpod/networks/create',
          options: libpodNetwork(network),
          abortSignal,
        }),
      ),
    connect: (endpoint, ownership, signal) => {
      const body = endpointBody(endpoint, { Aliases: markedAliases(endpoint, ownership) });
      return act(signal, () => client.getNetwork(encoded(endpoint.network)).connect(body));
    },
  };
}

interface Request {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly options?: object;
  readonly abortSignal: AbortSignal;
}

/** A request that dockerode has no method for, answered and refused as its own are. */
function dial({ modem }: Docker, request: Request): Promise<unknown> {
  const statusCodes = {
    200: true,
    201: true,
    400: 'bad parameter',
    404: 'no such thing',
    409: 'conflict',
    500: 'server error',
  };
  return new Promise((resolve, reject) => {
    modem.dial(
      { ...request, options: { ...request.options }, statusCodes },
      (error: unknown, answer: unknown) => {
        if (error === null || error === undefined) resolve(answer);
        else reject(error instanceof Error ? error : new Error('an answer that cannot be read'));
      },
    );
  });
}

/** Of all that is said of an endpoint Podman keeps the aliases alone. */
function markedAliases(endpoint: NewEndpoint, { instance }: Ownership): readonly string[] {
  const { aliases, owned, addresses, macAddress } = endpoint;
  return [
    ...aliases,
    endpointMark({ instance, owned, addresses, ...(macAddress !== undefined && { macAddress }) }),
  ];
}
