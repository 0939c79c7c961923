import { setTimeout as sleep } from 'node:timers/promises';
import { isNetwrightError } from '../errors.ts';
import type { Argv } from '../host/command.ts';
import { spawnLines } from '../host/line-stream.ts';

export interface KernelListener {
  /** Something changed, or may have while nobody was listening. */
  readonly changed: (what: string) => void;
  /** From now on nothing is heard of this: the periodic pass alone finds it. */
  readonly unavailable: (what: string, error: unknown) => void;
}

interface Monitor {
  readonly what: string;
  readonly argv: Argv;
  readonly matters: (line: string) => boolean;
}

export const rulesMonitor: Argv = ['nft', 'monitor'];

/**
 * One transaction, of whatever size, ends with one generation line (measured, nft 1.0). Ours are among them: they cannot be
 * told from another program's by name, nor by pid across pid namespaces, and a look that finds nothing is cheap.
 */
export function isGeneration(line: string): boolean {
  return line.startsWith('# new generation');
}

/** An engine's own ends of its containers' links come and go with events of the engine. */
const engineLink = /^(Deleted )?\d+: veth/;
/** What the kernel itself keeps for every link, some of it seconds later, when the link's IPv6 address has proved unique. */
const ownRoute = /^(Deleted )?((local|multicast|anycast|broadcast) |fe80::).* proto kernel /;

/** Whether a line of `ip monitor` may be about a route, rule or interface that a file speaks of; indented ones go on with the line before. */
export function isRoutingChange(line: string): boolean {
  return /^\S/.test(line) && !engineLink.test(line) && !ownRoute.test(line);
}

const monitors: readonly Monitor[] = [
  { what: 'rules', argv: rulesMonitor, matters: isGeneration },
  { what: 'routes', argv: ['ip', 'monitor', 'route', 'rule', 'link'], matters: isRoutingChange },
];

const firstWait = 200;
const longestWait = 30_000;
/** A monitor that lived this long, in ms, did not fail at once. */
const lived = 10_000;

/** Listens to what changes in the host's rules, routes, policy rules and links until the signal fires; restarts a monitor that ends. */
export async function followKernel(
  listener: KernelListener,
  options: { readonly env: NodeJS.ProcessEnv; readonly signal: AbortSignal },
): Promise<void> {
  await Promise.all(monitors.map((monitor) => followMonitor(monitor, listener, options)));
}

async function followMonitor(
  { what, argv, matters }: Monitor,
  listener: KernelListener,
  options: { readonly env: NodeJS.ProcessEnv; readonly signal: AbortSignal },
): Promise<void> {
  const { signal } = options;
  for (let wait = firstWait; !signal.aborted; wait = Math.min(wait * 2, longestWait)) {
    const since = performance.now();
    try {
      for await (const line of spawnLines(argv, options)) if (matters(line)) listener.changed(what);
      return;
    } catch (error) {
      if (performance.now() - since > lived) wait = firstWait;
      if (wait === firstWait * 8 || isNetwrightError(error, 'COMMAND_MISSING'))
        listener.unavailable(what, error);
      if (isNetwrightError(error, 'COMMAND_MISSING')) return;
      if (!isNetwrightError(error)) throw error;
    }
    await sleep(wait, undefined, { signal }).catch(() => undefined);
    listener.changed(what);
  }
}
