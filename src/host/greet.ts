import type Docker from 'dockerode';
import { NetwrightError } from '../errors.ts';
import { fieldsOf, listOf, textOf, textsOf } from './answer.ts';
import { withDeadline } from './deadline.ts';
import type { Engine } from './engine.ts';
import { slow } from './engine-calls.ts';

/** An engine that answered: its client, and what it says of itself. */
export interface Answering {
  readonly address: string;
  readonly client: Docker;
  /** The same connection for Podman's own API, which has versions of its own; only with Podman. */
  readonly libpod?: Docker;
  readonly kind: Engine['kind'];
  readonly version: string;
  readonly apiVersion: string;
}

const unix = 'unix://';
const answerWithinMs = 5_000;

/** The newest API this program was written against; older engines are spoken to in theirs, newer ones answer this. */
const newestKnown = '1.51';

/** The first that has the networks of netavark (Podman 4). */
const oldestLibpod = '4.0.0';

/** Asks whoever listens at the address who it is; ENGINE_UNSUPPORTED when it is an engine that netwright cannot work with. */
export async function greet(address: string, signal: AbortSignal): Promise<Answering> {
  const Dockerode = (await import('dockerode')).default;
  // For tcp, and its certificates, dockerode reads DOCKER_HOST and DOCKER_CERT_PATH itself.
  const options = address.startsWith(unix) ? { socketPath: address.slice(unix.length) } : {};
  const client = new Dockerode(options);
  const [version, info] = await withDeadline(signal, answerWithinMs, slow(address), () =>
    Promise.all([client.version(), client.info()]).then((both): readonly unknown[] => both),
  );
  refuseRootless(address, info);
  const said = fieldsOf(version);
  const apiVersion = negotiate(textOf(said['ApiVersion']), textOf(said['MinAPIVersion']));
  const libpod = libpodVersion(said['Components']);
  return {
    address,
    client: new Dockerode({ ...options, version: `v${apiVersion}` }),
    ...(libpod !== undefined && { libpod: new Dockerode({ ...options, version: `v${libpod}` }) }),
    kind: libpod === undefined ? 'docker' : 'podman',
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

/** The oldest version of its own API that a Podman still speaks: what it can do we need no newer one for. Undefined of another engine. */
function libpodVersion(components: unknown): string | undefined {
  const podman = listOf(components)
    .map(fieldsOf)
    .find((part) => textOf(part['Name']).startsWith('Podman'));
  if (podman === undefined) return undefined;
  const oldest = textOf(fieldsOf(podman['Details'])['MinAPIVersion']);
  return /^\d+\.\d+\.\d+$/.test(oldest) ? oldest : oldestLibpod;
}

function isNewer(one: string, other: string): boolean {
  const [a = 0, b = 0] = one.split('.').map(Number);
  const [c = 0, d = 0] = other.split('.').map(Number);
  return a > c || (a === c && b > d);
}

/** Docker says it among its security options, Podman in a field of its own (measured on 4.3). */
function refuseRootless(address: string, info: unknown): void {
  const { SecurityOptions, Rootless } = fieldsOf(info);
  const isRootless =
    Rootless === true || textsOf(SecurityOptions).some((option) => option.startsWith('name=rootless'));
  if (!isRootless) return;
  throw new NetwrightError('ENGINE_UNSUPPORTED', `the engine at ${address} runs rootless`, {
    hint: "A rootless engine's networks are in a namespace of its own, out of reach of the host's rules and routes. Use an engine that runs as root.",
  });
}
