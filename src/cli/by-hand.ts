import { isNetwrightError, NetwrightError } from '../errors.ts';
import { connectEngine } from '../host/connect.ts';
import { askDaemon, controlPath } from '../host/control-socket.ts';
import type { OnDemandEntry } from '../model/on-demand.ts';
import { alone, type Done } from '../wake/alone.ts';
import { asked, type Request } from '../wake/request.ts';
import type { Command, Context } from './command.ts';
import { findConfiguration } from './configuration.ts';
import { answered } from './control.ts';
import { escapeControls } from './escape.ts';
import { readGoodFile } from './good-file.ts';
import { writeJson } from './terminal.ts';

/** Wakes the containers of an entry; 0 when they are awake. */
export const wake: Command = async (context) => await byHand(context, 'wake');

/** Puts the containers of an entry to sleep; 0 when they are asleep. */
export const sleep: Command = async (context) => await byHand(context, 'sleep');

/** By the daemon, which knows who is connected and has the kernel lead nobody there first; where there is none, by the engine. */
async function byHand(context: Context, verb: Request['verb']): Promise<number> {
  const { options, interruption, terminal } = context;
  const began = performance.now();
  const request = { verb, name: options.name, force: options.force };
  const answer = await askDaemon(controlPath(options.ownership), request, interruption.signal);
  const done = answer === undefined ? await withoutDaemon(context, request) : answered(answer);
  if (done === undefined) return 1;
  const milliseconds = Math.round(performance.now() - began);
  if (options.json) writeJson(terminal, { ...done, ...(done.changed && { milliseconds }) });
  else {
    const how = done.changed ? `, after ${milliseconds} ms` : ' already';
    terminal.out.write(`${escapeControls(done.name)} is ${done.state}${how}.\n`);
  }
  return 0;
}

async function withoutDaemon(context: Context, request: Request): Promise<Done | undefined> {
  const { options, interruption, env } = context;
  const good = await readGoodFile(context, await findConfiguration(options));
  if (good === undefined) return undefined;
  const entries = new Map<string, OnDemandEntry>(good.config.onDemand.map((entry) => [entry.name, entry]));
  const entry = asked(entries, request.name);
  const { signal } = interruption;
  try {
    return await alone(await connectEngine(env, signal), entry, request.verb, signal);
  } catch (error) {
    if (!isNetwrightError(error, 'NOT_AWAKE')) throw error;
    throw new NetwrightError('NOT_AWAKE', `${request.name} is not awake: ${error.message}`, { cause: error });
  }
}
