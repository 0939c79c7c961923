import { type Host, openHost } from '../host/host.ts';
import { type Begun, beginLook } from '../observe/begun.ts';
import type { Context } from './command.ts';
import type { GoodFile } from './good-file.ts';

/** The host opened, and a first look at it under way. */
export interface Opened {
  readonly host: Host;
  readonly begun: Begun;
}

/** Opens the host and begins to look at it. */
export async function openAndLook({ options, env }: Context, signal: AbortSignal): Promise<Opened> {
  const host = await openHost({ ownership: options.ownership, signal, env });
  return { host, begun: beginLook(host, signal) };
}

/** An engine that takes longer is asked on while the file is read. */
const mostMs = 300;

/**
 * The host is opened before the file is read, and looked at by other processes meanwhile. What is wrong with the file is told first and then
 * nothing else; undefined when it has mistakes, and the host is left as it was found.
 */
export async function whileReading<T extends Opened>(
  { interruption }: Context,
  open: (signal: AbortSignal) => Promise<T & { readonly leave?: () => Promise<void> }>,
  read: () => Promise<GoodFile | undefined>,
): Promise<{ readonly file: GoodFile; readonly opened: T } | undefined> {
  const unneeded = new AbortController();
  const opening = open(AbortSignal.any([interruption.signal, unneeded.signal]));
  await soon(opening.then(({ begun }) => begun.asked));
  const leave = async (): Promise<void> => {
    unneeded.abort();
    await opening.then(
      (opened) => opened.leave?.(),
      () => undefined,
    );
  };
  try {
    const file = await read();
    if (file !== undefined) return { file, opened: await opening };
  } catch (error) {
    await leave();
    throw error;
  }
  await leave();
  return undefined;
}

/** Fulfilled when that is settled, either way, or has taken too long. */
async function soon(work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, mostMs);
  });
  await Promise.race([work.catch(() => undefined), late]);
  clearTimeout(timer);
}
