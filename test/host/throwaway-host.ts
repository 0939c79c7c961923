import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import Dockerode from 'dockerode';
import { type Container, type ContainerOptions, createContainer } from './container.ts';
import { type EngineName, engineUnderTest } from './engine-under-test.ts';
import type { HostProcess } from './host-process.ts';
import { type ExecOptions, type ExecResult, Inside, type Place } from './inside.ts';
import { createNetwork, createPodmanNetwork, type NetworkOptions } from './network.ts';
import { createOutside, type Outside } from './outside.ts';
import {
  type ConnectOptions,
  type ListenOptions,
  type OpenConnection,
  type Outcome,
  Probes,
} from './probes.ts';
import { type Snapshot, saveNamespace, saveNetworks } from './snapshot.ts';

const folder = dirname(fileURLToPath(import.meta.url));
const program = join(folder, '../../dist/main.js');

export interface HostOptions {
  /** Default the engine under test; `docker` and `podman` are the machine's own, with `none` there is only the network. */
  readonly engine?: EngineName;
  readonly iptables?: 'nft' | 'legacy';
  /** Containers survive the end of the engine (docker only). */
  readonly liveRestore?: boolean;
  /** More arguments for the engine, such as `--userland-proxy=false`. */
  readonly engineArgs?: readonly string[];
}

export interface NetwrightOptions {
  /** A path, or the content of a file that is written for this run. */
  readonly file?: string | object;
  readonly env?: Readonly<Record<string, string>>;
  readonly timeout?: number;
  /** Another network namespace than the host's own, as in `ExecOptions`. */
  readonly in?: Place;
}

/** Starts a host and resolves when its engine answers. The host lives until `stop`, or as long as this process. */
export async function startHost(options: HostOptions = {}): Promise<ThrowawayHost> {
  const argv = ['--engine', engineName(options)];
  if (options.iptables === 'legacy') argv.push('--iptables-legacy');
  if (options.liveRestore === true) argv.push('--live-restore');
  for (const arg of options.engineArgs ?? []) argv.push('--engine-arg', arg);
  // The command on the host does nothing but wait for the end of our pipe, which the kernel closes however we die.
  const report = 'echo "$THROWAWAY_HOST_PID $THROWAWAY_STATE $DOCKER_HOST"; exec cat';
  const child = spawn(join(folder, 'run'), [...argv, '--', 'sh', '-c', report], {
    stdio: 'pipe',
    detached: true,
  });
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => {
    complaint += chunk.toString();
  });
  child.stdin.on('error', () => undefined);
  const line = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve);
    child.on('error', reject);
    child.on('close', (code) =>
      reject(new Error(`the throwaway host did not start (${code ?? 'killed'}):\n${complaint}`)),
    );
  });
  const [pid = '', state = '', dockerHost = ''] = line.split(' ');
  const engine = options.engine ?? engineUnderTest;
  return new ThrowawayHost(child, Number(pid), state, dockerHost, engine.startsWith('podman'));
}

/** Who says which iptables it is to be does not want the other one for its engine's name. */
function engineName({ engine = engineUnderTest, iptables }: HostOptions): string {
  return iptables === undefined ? engine : engine.replace(/-legacy$/, '');
}

/** A machine of its own, with its own network, processes and mounts, and a real engine. */
export class ThrowawayHost implements Place {
  readonly name = 'host';
  /** The pid, on the machine, of the host's first process. */
  readonly pid: number;
  /** A folder shared by the host and the tests, gone with the host. */
  readonly folder: string;
  /** The engine's address, valid inside and outside. */
  readonly dockerHost: string;
  readonly docker: Dockerode;
  readonly isPodman: boolean;
  /** What the network is called in which containers are that were put in none. */
  readonly defaultNetwork: string;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #inside: Inside;
  readonly #probes: Probes;

  constructor(
    child: ChildProcessWithoutNullStreams,
    pid: number,
    state: string,
    dockerHost: string,
    isPodman: boolean,
  ) {
    this.#child = child;
    this.pid = pid;
    this.folder = state;
    this.dockerHost = dockerHost;
    this.isPodman = isPodman;
    this.defaultNetwork = isPodman ? 'podman' : 'bridge';
    this.docker = new Dockerode({ socketPath: dockerHost.replace('unix://', '') });
    this.#inside = new Inside(pid, dockerHost === '' ? {} : { DOCKER_HOST: dockerHost });
    this.#probes = new Probes(this.#inside);
  }

  netns(): Promise<string> {
    return Promise.resolve('/proc/1/ns/net');
  }

  /** Runs a command on the host, in the test's working directory. */
  async exec(argv: readonly string[], options: ExecOptions = {}): Promise<ExecResult> {
    return await this.#inside.exec(argv, options);
  }

  /** As `exec`, for setting a scene: rejects on an exit code other than 0 and resolves with stdout. */
  async sh(script: string, options: ExecOptions = {}): Promise<string> {
    const { stdout, stderr, exitCode } = await this.exec(['sh', '-euc', script], options);
    if (exitCode !== 0) throw new Error(`${script}: exit code ${exitCode}\n${stderr}`);
    return stdout;
  }

  async spawn(argv: readonly string[], options: Pick<ExecOptions, 'env' | 'in'> = {}): Promise<HostProcess> {
    return await this.#inside.spawn(argv, options);
  }

  /** Runs the built program on the host; `file` becomes its `-f`. */
  async netwright(args: readonly string[], { file, ...options }: NetwrightOptions = {}): Promise<ExecResult> {
    return await this.exec(this.#netwrightArgv(args, file), options);
  }

  /** The built program as a daemon. */
  async startNetwright(
    args: readonly string[],
    { file, ...options }: Omit<NetwrightOptions, 'timeout'> = {},
  ): Promise<HostProcess> {
    return await this.spawn(this.#netwrightArgv(args, file), options);
  }

  /** Writes a file, other objects than bytes as JSON, into the host's folder and returns its path. */
  write(name: string, content: string | Uint8Array | object): string {
    const path = join(this.folder, 'files', name);
    mkdirSync(dirname(path), { recursive: true });
    const isAsItIs = typeof content === 'string' || content instanceof Uint8Array;
    writeFileSync(path, isAsItIs ? content : `${JSON.stringify(content, undefined, 2)}\n`);
    return path;
  }

  async network(name: string, options: NetworkOptions): Promise<Dockerode.Network> {
    return this.isPodman
      ? await createPodmanNetwork(this.docker, name, options)
      : await createNetwork(this.docker, name, options);
  }

  async container(name: string, options: ContainerOptions = {}): Promise<Container> {
    return await createContainer(this.docker, name, options, this.defaultNetwork);
  }

  /** A peer behind the host's new interface `ifname`; addresses with prefix lengths, one or one of each family. */
  async outside(
    ifname: string,
    hostAddress: string | readonly string[],
    peerAddress: string | readonly string[],
  ): Promise<Outside> {
    return await createOutside(this.#inside, ifname, [hostAddress].flat(), [peerAddress].flat());
  }

  async listen(place: Place, options: ListenOptions): Promise<number> {
    return await this.#probes.listen(place, options);
  }

  async connect(place: Place, options: ConnectOptions): Promise<Outcome> {
    return await this.#probes.connect(place, options);
  }

  async open(place: Place, options: Omit<ConnectOptions, 'proto'>): Promise<OpenConnection> {
    return await this.#probes.open(place, options);
  }

  /** The network state of a place, by default the host's with the engine's networks, for comparison as text. */
  async save(place?: Place): Promise<Snapshot> {
    const taken = await saveNamespace(this.#inside, place);
    return place !== undefined || this.dockerHost === ''
      ? taken
      : { ...taken, networks: await saveNetworks(this.docker) };
  }

  async startEngine(): Promise<void> {
    await this.#engine('start');
  }

  /** Ends the engine as a shutdown does; its containers stop unless `liveRestore`. */
  async stopEngine(): Promise<void> {
    await this.#engine('stop');
  }

  /** Ends the engine by SIGKILL; what remains of its containers is what a crash leaves. */
  async killEngine(): Promise<void> {
    await this.#engine('kill');
  }

  async restartEngine(): Promise<void> {
    await this.stopEngine();
    await this.startEngine();
  }

  /** Resolves when nothing of the host is left on the machine. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const closed = new Promise((resolve) => this.#child.once('close', resolve));
    this.#child.stdin.end();
    await closed;
  }

  #netwrightArgv(args: readonly string[], file: string | object | undefined): readonly string[] {
    if (!existsSync(program)) throw new Error(`${program} is missing; build first: npm run build`);
    const path = typeof file === 'object' ? this.write('networks.json', file) : file;
    return [process.execPath, program, ...args, ...(path === undefined ? [] : ['-f', path])];
  }

  async #engine(verb: 'start' | 'stop' | 'kill'): Promise<void> {
    const { exitCode, stderr } = await this.exec([join(folder, 'engine.sh'), verb], { timeout: 60_000 });
    if (exitCode !== 0) throw new Error(`engine ${verb}: ${stderr}`);
  }
}
