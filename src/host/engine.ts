import type { ConnectEndpoint, CreateNetwork } from '../model/network-operations.ts';
import type { Ownership } from '../model/ownership.ts';
import type { EngineEvent } from './engine-events.ts';

/** A network as it is to be made; each engine is told in its own words. */
export type NewNetwork = Pick<
  CreateNetwork,
  'network' | 'driver' | 'internal' | 'subnets' | 'bridge' | 'mtu' | 'options' | 'labels' | 'routes'
>;

/** A container's place in a network as it is to be made. */
export type NewEndpoint = Pick<
  ConnectEndpoint,
  | 'containerId'
  | 'network'
  | 'addresses'
  | 'aliases'
  | 'macAddress'
  | 'driverOptions'
  | 'gatewayPriority'
  | 'owned'
>;

/**
 * The container engine's API as netwright uses it. Answers are what the engine sent, unread; errors are ENGINE_REFUSED with the
 * engine's own message, or ENGINE_UNREACHABLE. Every call ends by itself after some seconds.
 */
export interface Engine {
  /** Where it answers: `unix:///…` or `tcp://…`. */
  readonly address: string;
  readonly kind: 'docker' | 'podman';
  readonly version: string;
  /** The version of the API that is spoken, as `1.41`. */
  readonly apiVersion: string;
  /** Whether a MAC asked for when connecting is honoured; Docker ignores it (measured on 20.10, 26 and 28). */
  readonly keepsMacAddresses: boolean;
  /** Docker's answer to `GET /networks`, Podman's to `GET /libpod/networks/json`. */
  listNetworks(signal: AbortSignal): Promise<unknown>;
  createNetwork(network: NewNetwork, signal: AbortSignal): Promise<void>;
  /** Also fulfilled when there is no such network. */
  removeNetwork(id: string, signal: AbortSignal): Promise<void>;
  /** Marks the place so that the instance knows it again. */
  connect(endpoint: NewEndpoint, ownership: Ownership, signal: AbortSignal): Promise<void>;
  /** By force; also fulfilled when it is not in that network. */
  disconnect(network: string, containerId: string, signal: AbortSignal): Promise<void>;
  /** All of them, stopped ones too. */
  listContainers(signal: AbortSignal): Promise<unknown>;
  /** Undefined when there is no such container. */
  inspectContainer(id: string, signal: AbortSignal): Promise<unknown>;
  /** Also fulfilled when it runs already. */
  startContainer(id: string, signal: AbortSignal): Promise<void>;
  /** Killed after so many ms; also fulfilled when it does not run, or is gone. */
  stopContainer(id: string, patience: number, signal: AbortSignal): Promise<void>;
  /** Has the container's health check run where nobody may do so: Podman leaves it to timers of systemd. Fulfilled, too, where there is none. */
  checkHealth(id: string, signal: AbortSignal): Promise<void>;
  /** Its processes stand still until it is unpaused, or stopped. */
  pauseContainer(id: string, signal: AbortSignal): Promise<void>;
  unpauseContainer(id: string, signal: AbortSignal): Promise<void>;
  /** Those that have this label with this value. */
  listVolumes(label: string, value: string, signal: AbortSignal): Promise<unknown>;
  createVolume(name: string, labels: Readonly<Record<string, string>>, signal: AbortSignal): Promise<void>;
  removeVolume(name: string, signal: AbortSignal): Promise<void>;
  /**
   * What happens to containers and networks from now on: once this resolves nothing is missed. The iteration ends when the signal
   * fires, and throws ENGINE_UNREACHABLE when the stream ends for any other reason: then look afresh and subscribe again (H31).
   */
  events(signal: AbortSignal): Promise<AsyncIterable<EngineEvent>>;
}
