import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import { isNetwrightError, NetwrightError } from '../errors.ts';
import { generatedMacAddress } from '../model/mac-address.ts';
import type { Ownership } from '../model/ownership.ts';
import { fieldsOf, listOf, textOf } from './answer.ts';
import { encoded, endpointBody, openDocker } from './docker.ts';
import type { Engine, NewEndpoint } from './engine.ts';
import { engineCalls, isGone } from './engine-calls.ts';
import type { Answering } from './greet.ts';
import { endpointMark } from './podman-mark.ts';
import { libpodNetwork } from './podman-network.ts';
import { isHalfDone, isMismatch, isRunning, isUnsettled, unsettledContainer } from './podman-unsettled.ts';

/**
 * Podman: by the Docker API where that says what is meant, else by its own. Networks are listed by its own because the other
 * leaves out their bridges and ranges, and made by it because the other puts Podman's isolation between them (measured: 4.3 to 5.8).
 */
export function openPodman(answering: Answering): Engine {
  const { address, client, libpod = client } = answering;
  const { ask, act } = engineCalls(address);
  const docker = openDocker(answering);
  const connect: Engine['connect'] = async (endpoint, ownership, signal) => {
    const { network, containerId } = endpoint;
    const isKnown = await mustBeSettled(docker, containerId, signal);
    const macAddress = endpoint.macAddress ?? steadyMacAddress(endpoint);
    const body = endpointBody(
      { ...endpoint, ...(macAddress !== undefined && { macAddress }) },
      { Aliases: markedAliases(endpoint, ownership) },
    );
    await act(signal, () => client.getNetwork(encoded(network)).connect(body));
    if (isKnown && !(await hasPlace(docker, containerId, signal))) {
      await docker.disconnect(network, containerId, signal);
      throw unsettled();
    }
  };
  const listByLibpod = (signal: AbortSignal) =>
    ask(signal, (abortSignal) =>
      dial(libpod, { method: 'GET', path: '/libpod/containers/json?', options: { all: true }, abortSignal }),
    );
  return {
    ...docker,
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
    connect,
    disconnect: async (network, containerId, signal) => {
      await mustBeSettled(docker, containerId, signal);
      try {
        await docker.disconnect(network, containerId, signal);
      } catch (error) {
        if (!isHalfDone(error)) throw error;
        await act(signal, () => client.getNetwork(encoded(network)).connect({ Container: containerId }));
        await docker.disconnect(network, containerId, signal);
      }
    },
    checkHealth: async (id, signal) => {
      const path = `/libpod/containers/${encoded(id)}/healthcheck?`;
      try {
        await act(signal, (abortSignal) => dial(libpod, { method: 'GET', path, abortSignal }));
      } catch (error) {
        // Of one that has none, or has ended, it is refused.
        if (!isNetwrightError(error, 'ENGINE_REFUSED')) throw error;
      }
    },
    listContainers: async (signal) => {
      try {
        return await docker.listContainers(signal);
      } catch (error) {
        if (!isMismatch(error) && !isGone(error)) throw error;
        return await listByLibpod(signal);
      }
    },
    inspectContainer: async (id, signal) => {
      for (let left = patience.times; ; left--) {
        try {
          return await docker.inspectContainer(id, signal);
        } catch (error) {
          if (!(isMismatch(error) && error instanceof Error)) throw error;
          const listed = listOf(await listByLibpod(signal)).find(
            (entry) => textOf(fieldsOf(entry)['Id']) === id,
          );
          if (listed === undefined || isRunning(listed) || left === 0)
            return listed && unsettledContainer(listed, error.message);
          await sleep(patience.milliseconds, undefined, { signal });
        }
      }
    },
  };
}

/**
 * Throws ENGINE_REFUSED for one whose places cannot change now; its end, or that it goes on, sets off another look. Returns whether it
 * can be told: Podman does not let everyone be inspected.
 */
async function mustBeSettled(docker: Engine, id: string, signal: AbortSignal): Promise<boolean> {
  const inspected = await unlessMismatch(docker.inspectContainer(id, signal));
  if (inspected !== 'mismatch' && isUnsettled(inspected)) throw unsettled();
  return inspected !== 'mismatch';
}

/** Podman took note of a place, and gave none, to one that just then was told to stop. */
async function hasPlace(docker: Engine, id: string, signal: AbortSignal): Promise<boolean> {
  return (await unlessMismatch(docker.inspectContainer(id, signal))) !== 'mismatch';
}

async function unlessMismatch(asked: Promise<unknown>): Promise<unknown> {
  try {
    return await asked;
  } catch (error) {
    if (isMismatch(error)) return 'mismatch';
    throw error;
  }
}

const unsettled = () => new NetwrightError('ENGINE_REFUSED', 'the container is paused or just ending');

/** One that has ended, and has just left a network besides, is told about as soon as Podman has cleaned up after it (seen on 4.3). */
const patience = { times: 10, milliseconds: 200 };

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

/**
 * Where none is asked for, Podman makes a new one at each start, and the neighbours of a restarted container go on sending to the old
 * one for some seconds (H21): as on Docker it is made out of the address that was asked for.
 */
function steadyMacAddress({ addresses }: NewEndpoint): string | undefined {
  return addresses.map(generatedMacAddress).find((macAddress) => macAddress !== undefined);
}

/** Of all that is said of an endpoint Podman keeps the aliases alone. */
function markedAliases(endpoint: NewEndpoint, { instance }: Ownership): readonly string[] {
  const { aliases, owned, addresses, macAddress } = endpoint;
  return [
    ...aliases,
    endpointMark({ instance, owned, addresses, ...(macAddress !== undefined && { macAddress }) }),
  ];
}
