import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { isNetwrightError } from '../errors.ts';
import type { Argv } from '../host/command.ts';
import type { Host } from '../host/host.ts';
import { saveCommand } from '../host/iptables-tools.ts';
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

/**
 * One transaction, of whatever size, ends with one generation line (measured, nft 1.0). Ours are among them: they cannot be
 * told from another program's by name, nor by pid across pid namespaces, and a look that finds nothing is cheap.
 */
const monitors: readonly Monitor[] = [
  { what: 'rules', argv: ['nft', 'monitor'], matters: (line) => line.startsWith('# new generation') },
  { what: 'routes', argv: ['ip', 'monitor', 'route', 'rule', 'link'], matters: (line) => line !== '' },
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

const legacyEvery = 500;

/** The legacy store of rules reports nothing: its tables are read every half second and compared, until the signal fires. */
export async function followLegacyRules(
  host: Host,
  listener: KernelListener,
  signal: AbortSignal,
): Promise<void> {
  let last: string | undefined;
  while (!signal.aborted) {
    try {
      const seen = await legacyDigest(host, signal);
      if (last !== undefined && seen !== last) listener.changed('rules');
      last = seen;
    } catch (error) {
      if (isAborted(signal)) return;
      if (!isNetwrightError(error)) throw error;
    }
    await sleep(legacyEvery, undefined, { signal }).catch(() => undefined);
  }
}

async function legacyDigest(host: Host, signal: AbortSignal): Promise<string> {
  const hash = createHash('md5');
  for (const family of [4, 6] as const) {
    const argv = saveCommand(host.iptables, 'legacy', family);
    if (argv !== undefined) hash.update(withoutCounters(await host.run(argv, { signal })));
  }
  return hash.digest('hex');
}

/** Read through a function, since the compiler believes what it saw of the signal before an await. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}

/** Comments hold the time, and the packets counted by a chain are no change. */
function withoutCounters(saved: string): string {
  return saved.replace(/^#.*$/gm, '').replace(/\[\d+:\d+\]/g, '');
}
