import { setTimeout as sleep } from 'node:timers/promises';
import { isNetwrightError } from '../errors.ts';
import type { Argv } from '../host/command.ts';
import { spawnLines } from '../host/line-stream.ts';
import { mayHearOtherNamespaces } from '../host/privileges.ts';
import { hostNamespace, type NamespaceId } from '../model/namespace.ts';
import type { Area } from './area.ts';
import type { Process } from './culprits.ts';
import { RulesMonitor, rulesMonitor } from './rules-monitor.ts';

export interface KernelListener {
  /** Somebody changed something, or may have while nobody was listening. */
  readonly changed: (area: Area, by?: Process) => void;
  /** Whether this process's transaction is one of our own; asked once for each. */
  readonly isOurs: (namespace: NamespaceId, process: Process) => boolean;
  /** From now on nothing is heard of this: the periodic pass alone finds it. */
  readonly unavailable: (what: string, error: unknown) => void;
}

interface Monitor {
  readonly what: string;
  readonly area: Area;
  readonly argv: Argv;
  readonly heard: (line: string, listener: KernelListener) => void;
}

/** Tells the listener of the transactions of others that concern us, as the lines of a monitor in this namespace come. */
export function hearRules(namespace: NamespaceId): (line: string, listener: KernelListener) => void {
  const monitor = new RulesMonitor();
  return (line, listener) => {
    const transaction = monitor.read(line);
    if (transaction === undefined) return;
    const { by, concerns } = transaction;
    // Asked of every one of them: a transaction of ours is counted whatever it touched.
    const isOurs = by !== undefined && listener.isOurs(namespace, by);
    if (concerns && !isOurs) listener.changed(`rules ${namespace}`, by);
  };
}

/** With `all-nsid` the same socket also hears of namespaces that have an interface here, so of every container's (netlink(7)). */
function routesMonitor(everywhere: boolean): Argv {
  return ['ip', '-N', 'monitor', ...(everywhere ? ['all-nsid'] : []), 'route', 'rule', 'link', 'address'];
}

const where = /^\[nsid (current|\d+)\]/;
/** An engine's own ends of its containers' links come and go with events of the engine. */
const engineLink = /^(Deleted )?\d+: veth\S+ </;
/** What the kernel itself keeps for every link, some of it seconds later, when the link's IPv6 address has proved unique. */
const ownRoute = /^(Deleted )?((local|multicast|anycast|broadcast|[2345]) |fe80::).* proto (kernel|2) /;
/** In a container's namespace a link is called what it was called before it was moved there, so mostly by its engine's name. */
const address = /^(Deleted )?\d+: \S+ +inet6? /;
/** What marks an address as ours is its metric; engines give none. One that came, or proved unique, takes nothing from anybody. */
const markedAddressGone = /^Deleted .* metric \d+ /;

/**
 * Where a line of `ip monitor` may be about a route, rule or interface that a file speaks of, or about an address of ours that was taken
 * away; indented ones go on with the line before.
 */
export function routingChange(line: string): 'routes host' | 'routes inside' | undefined {
  const [prefix = '', nsid] = where.exec(line) ?? [];
  const said = line.slice(prefix.length);
  const isOther = address.test(said)
    ? !markedAddressGone.test(said)
    : engineLink.test(said) || ownRoute.test(said);
  if (!/^\S/.test(said) || isOther) return undefined;
  return nsid === undefined || nsid === 'current' ? 'routes host' : 'routes inside';
}

function hearRoutes(line: string, listener: KernelListener): void {
  const area = routingChange(line);
  if (area !== undefined) listener.changed(area);
}

const firstWait = 200;
const longestWait = 30_000;
/** A monitor that lived this long, in ms, did not fail at once. */
const lived = 10_000;

/** Listens to what changes in the host's rules, routes, policy rules and links until the signal fires; restarts a monitor that ends. */
export async function followKernel(
  listener: KernelListener,
  options: { readonly env: NodeJS.ProcessEnv; readonly signal: AbortSignal },
): Promise<void> {
  const everywhere = await mayHearOtherNamespaces();
  const monitors: readonly Monitor[] = [
    { what: 'rules', area: `rules ${hostNamespace}`, argv: rulesMonitor, heard: hearRules(hostNamespace) },
    { what: 'routes', area: 'routes host', argv: routesMonitor(everywhere), heard: hearRoutes },
  ];
  await Promise.all(monitors.map((monitor) => followMonitor(monitor, listener, options)));
}

async function followMonitor(
  { what, area, argv, heard }: Monitor,
  listener: KernelListener,
  options: { readonly env: NodeJS.ProcessEnv; readonly signal: AbortSignal },
): Promise<void> {
  const { signal } = options;
  for (let wait = firstWait; !signal.aborted; wait = Math.min(wait * 2, longestWait)) {
    const since = performance.now();
    try {
      for await (const line of spawnLines(argv, options)) heard(line, listener);
      return;
    } catch (error) {
      if (performance.now() - since > lived) wait = firstWait;
      if (wait === firstWait * 8 || isNetwrightError(error, 'COMMAND_MISSING'))
        listener.unavailable(what, error);
      if (isNetwrightError(error, 'COMMAND_MISSING')) return;
      if (!isNetwrightError(error)) throw error;
    }
    await sleep(wait, undefined, { signal }).catch(() => undefined);
    listener.changed(area);
  }
}
