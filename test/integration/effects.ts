import { fileURLToPath } from 'node:url';
import type { ContainerState, EndpointState, Inventory, NetworkState } from '../../src/model/inventory.ts';
import type { NamespaceState } from '../../src/model/namespace.ts';
import type { Operation } from '../../src/model/plan.ts';
import type { ThrowawayHost } from '../host/throwaway-host.ts';

/** What `observe` saw, its maps and sets as JSON has them. */
export interface Seen {
  readonly inventory: Inventory;
  readonly backend: string;
  readonly namespaces: readonly SeenNamespace[];
  readonly clean: number;
  readonly milliseconds: { readonly inventory: number; readonly host: number };
}

export type SeenNamespace = Pick<NamespaceState, 'id' | 'name' | 'interfaces' | 'routes' | 'rules'> & {
  readonly tables: readonly {
    readonly family: number;
    readonly table: string;
    readonly chains: Readonly<Record<string, readonly unknown[]>>;
    readonly jumps: readonly { readonly chain: string; readonly position: number; readonly to: string }[];
  }[];
  readonly sysctls: Readonly<Record<string, string | null>>;
  readonly formerSysctls: Readonly<Record<string, string>>;
};

type Step =
  | { readonly do: 'look'; readonly desired?: Readonly<Record<string, readonly string[]>> }
  | { readonly do: 'apply'; readonly operations: readonly Operation[] }
  | { readonly do: 'restart'; readonly container: string }
  | { readonly do: 'run'; readonly argv: readonly string[] }
  | { readonly do: 'events'; readonly container?: string; readonly endEngine?: boolean };

const program = fileURLToPath(new URL('./effects.mjs', import.meta.url));

/** Does the steps on the host, in one process that stays open as a daemon does, and resolves with what each gave. */
export function effects(host: ThrowawayHost, ...steps: readonly Step[]): Promise<readonly unknown[]> {
  return effectsBehind(host, [], ...steps);
}

/** The same, with /proc/sys read-only for the process, as it is in a container that is not privileged. */
export function effectsConfined(host: ThrowawayHost, ...steps: readonly Step[]): Promise<readonly unknown[]> {
  const confine = 'mount --bind /proc/sys /proc/sys; mount -o remount,bind,ro /proc/sys; exec "$@"';
  return effectsBehind(host, ['unshare', '--mount', 'sh', '-euc', confine, 'sh'], ...steps);
}

async function effectsBehind(
  host: ThrowawayHost,
  wrapper: readonly string[],
  ...steps: readonly Step[]
): Promise<readonly unknown[]> {
  const argv = [...wrapper, process.execPath, program];
  const { exitCode, stdout, stderr } = await host.exec(argv, { input: JSON.stringify(steps) });
  if (exitCode !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as unknown[];
}

/** What is seen by a process that looks once. */
export async function look(
  host: ThrowawayHost,
  desired: Readonly<Record<string, readonly string[]>> = {},
): Promise<Seen> {
  const [seen] = await effects(host, { do: 'look', desired });
  return seen as Seen;
}

/** What became of the operations, in words: `done`, or how it failed. The host is looked at first, as before every apply. */
export async function applied(
  host: ThrowawayHost,
  ...operations: readonly Operation[]
): Promise<readonly string[]> {
  const [, outcomes] = await effects(host, { do: 'look' }, { do: 'apply', operations });
  return outcomes as string[];
}

type Bare<O> = O extends Operation ? Omit<O, 'because' | 'changes'> : never;

/** An operation, with a cause nobody reads. */
export function operation(bare: Bare<Operation>): Operation {
  return { because: 'a test', changes: [], ...bare };
}

/** The container of this name; throws when it was not observed. */
export function containerIn(seen: Seen, name: string): ContainerState {
  const found = seen.inventory.containers.find((container) => container.name === name);
  if (found === undefined) throw new Error(`no container ${name} was observed`);
  return found;
}

export function endpointIn(seen: Seen, container: string, network: string): EndpointState | undefined {
  return containerIn(seen, container).endpoints.find(({ networkName }) => networkName === network);
}

/** The namespace the container is in, unless it was left out. */
export function namespaceOf(seen: Seen, container: string): SeenNamespace | undefined {
  const { namespace } = containerIn(seen, container);
  return seen.namespaces.find(({ id }) => id === namespace);
}

export function networkIn(seen: Seen, name: string): NetworkState {
  const found = seen.inventory.networks.find((network) => network.name === name);
  if (found === undefined) throw new Error(`no network ${name} was observed`);
  return found;
}
