import type { EngineEvent } from './engine-events.ts';

/** A body for the engine's API, in its own words. */
export type EngineBody = Readonly<Record<string, unknown>>;

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
  listNetworks(signal: AbortSignal): Promise<unknown>;
  createNetwork(body: EngineBody, signal: AbortSignal): Promise<void>;
  /** Also fulfilled when there is no such network. */
  removeNetwork(id: string, signal: AbortSignal): Promise<void>;
  connect(network: string, body: EngineBody, signal: AbortSignal): Promise<void>;
  /** By force; also fulfilled when it is not in that network. */
  disconnect(network: string, containerId: string, signal: AbortSignal): Promise<void>;
  /** All of them, stopped ones too. */
  listContainers(signal: AbortSignal): Promise<unknown>;
  /** Undefined when there is no such container. */
  inspectContainer(id: string, signal: AbortSignal): Promise<unknown>;
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
