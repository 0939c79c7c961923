import type Docker from 'dockerode';
import { NetwrightError } from '../errors.ts';
import { fieldsOf, listOf, textOf, textsOf } from './answer.ts';
import { codeOf } from './code.ts';
import { withDeadline } from './deadline.ts';
import { loadDockerode } from './dockerode.ts';
import type { Engine } from './engine.ts';
import { eventFilters, readEvents } from './engine-events.ts';

/** An engine that answered: its client, and what it says of itself. */
export interface Answering {
  readonly address: string;
  readonly client: Docker;
  readonly kind: Engine['kind'];
  readonly version: string;
  readonly apiVersion: string;
}

const unix = 'unix://';
const answerWithinMs = 5_000;
const actWithinMs = 60_000;

/** The newest API this program was written against; older engines are spoken to in theirs, newer ones answer this. */
const newestKnown = '1.51';

/** Asks whoever listens at the address who it is; ENGINE_UNSUPPORTED when it is an engine that netwright cannot work with. */
export async function greet(address: string, signal: AbortSignal): Promise<Answering> {
  const Dockerode = await loadDockerode();
  // For tcp, and its certificates, dockerode reads DOCKER_HOST and DOCKER_CERT_PATH itself.
  const options = address.startsWith(unix) ? { socketPath: address.slice(unix.length) } : {};
  const client = new Dockerode(options);
  const [version, info] = await withDeadline(signal, answerWithinMs, slow(address), () =>
    Promise.all([client.version(), client.info()]).then((both): readonly unknown[] => both),
  );
  refuseRootless(address, info);
  const said = fieldsOf(version);
  const apiVersion = negotiate(textOf(said['ApiVersion']), textOf(said['MinAPIVersion']));
  const parts = listOf(said['Components']).map((part) => textOf(fieldsOf(part)['Name']));
  return {
    address,
    client: new Dockerode({ ...options, version: `v${apiVersion}` }),
    kind: parts.some((name) => name.startsWith('Podman')) ? 'podman' : 'docker',
    version: textOf(said['Version']),
    apiVersion,
  };
}

/** The newest version both sides know; when the engine has left ours behind, its oldest. */
export function negotiate(engineNewest: string, engineOldest: string): string {
  if (!/^\d+\.\d+$/.test(engineNewest)) {
    throw new NetwrightError(
      'ENGINE_UNSUPPORTED',
      'what answers is not a container engine: it names no API version',
    );
  }
  const newest = isNewer(engineNewest, newestKnown) ? newestKnown : engineNewest;
  return /^\d+\.\d+$/.test(engineOldest) && isNewer(engineOldest, newest) ? engineOldest : newest;
}

function isNewer(one: string, other: string): boolean {
  const [a = 0, b = 0] = one.split('.').map(Number);
  const [c = 0, d = 0] = other.split('.').map(Number);
  return a > c || (a === c && b > d);
}

function refuseRootless(address: string, info: unknown): void {
  if (!textsOf(fieldsOf(info)['SecurityOptions']).some((option) => option.startsWith('name=rootless')))
    return;
  throw new NetwrightError('ENGINE_UNSUPPORTED', `the engine at ${address} runs rootless`, {
    hint: "A rootless engine's networks are in a namespace of its own, out of reach of the host's rules and routes. Use an engine that runs as root.",
  });
}

const slow = (address: string) => () =>
  new NetwrightError('ENGINE_UNREACHABLE', `the engine at ${address} does not answer in time`);

/** The engine behind a client that greeted it. */
export function openEngine(answering: Answering): Engine {
  const { address, client } = answering;
  const ask = async <T>(signal: AbortSignal, call: (stop: AbortSignal) => Promise<T>, ms = actWithinMs) => {
    try {
      return await withDeadline(signal, ms, slow(address), call);
    } catch (error) {
      throw signal.aborted ? error : refusal(address, error);
    }
  };
  const act = async (signal: AbortSignal, call: (stop: AbortSignal) => Promise<unknown>): Promise<void> => {
    await ask(signal, call);
  };
  return {
    ...answering,
    keepsMacAddresses: answering.kind === 'podman',
    listNetworks: (signal) => ask(signal, (abortSignal) => client.listNetworks({ abortSignal })),
    createNetwork: (body, signal) =>
      act(signal, (abortSignal) => client.createNetwork({ Name: '', ...body, abortSignal })),
    removeNetwork: (id, signal) => unlessGone(act(signal, () => client.getNetwork(encoded(id)).remove())),
    connect: (network, body, signal) => act(signal, () => client.getNetwork(encoded(network)).connect(body)),
    disconnect: (network, containerId, signal) => {
      const body = { Container: containerId, Force: true };
      return unlessGone(act(signal, () => client.getNetwork(encoded(network)).disconnect(body)));
    },
    listContainers: (signal) =>
      ask(signal, (abortSignal) => client.listContainers({ all: true, abortSignal })),
    inspectContainer: (id, signal) =>
      unlessGone(
        ask(
          signal,
          (abortSignal): Promise<unknown> => client.getContainer(encoded(id)).inspect({ abortSignal }),
        ),
      ),
    listVolumes: (label, value, signal) =>
      ask(signal, (abortSignal) =>
        client.listVolumes({ filters: { label: [`${label}=${value}`] }, abortSignal }),
      ),
    createVolume: (name, labels, signal) =>
      act(signal, () => client.createVolume({ Name: name, Driver: 'local', Labels: { ...labels } })),
    removeVolume: (name, signal) => unlessGone(act(signal, () => client.getVolume(encoded(name)).remove())),
    events: async (signal) => {
      // The engine subscribes just after it has answered (moby, events handler); `since` closes that gap.
      const since = Date.now() / 1000;
      const filters = JSON.stringify(eventFilters);
      const stream = await ask(signal, () => client.getEvents({ since, filters, abortSignal: signal }));
      return readEvents(stream, signal);
    },
  };
}

/** dockerode puts names into its paths as they are. */
const encoded = encodeURIComponent;

async function unlessGone<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof NetwrightError && isGone(error)) return undefined;
    throw error;
  }
}

/** No such thing; or, said with 403 or 500, a container that is not in the network it is to leave. */
function isGone(error: NetwrightError): boolean {
  return statusOf(error.cause) === 404 || / is not connected to (the )?network /.test(error.message);
}

function statusOf(error: unknown): unknown {
  return error instanceof Error && 'statusCode' in error ? error.statusCode : undefined;
}

/** The engine's own words where it refused; else that it cannot be reached. */
function refusal(address: string, error: unknown): unknown {
  if (error instanceof NetwrightError) return error;
  if (statusOf(error) !== undefined) {
    const said = error instanceof Error && 'json' in error ? textOf(fieldsOf(error.json)['message']) : '';
    const message = said === '' && error instanceof Error ? error.message : said;
    return new NetwrightError('ENGINE_REFUSED', message.trim(), { cause: error });
  }
  const code = codeOf(error);
  if (code === undefined) return error;
  return new NetwrightError('ENGINE_UNREACHABLE', `the engine at ${address} is gone (${code})`, {
    cause: error,
  });
}
