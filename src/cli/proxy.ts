import { NetwrightError } from '../errors.ts';
import { connectEngine } from '../host/connect.ts';
import { proxyStatusPath } from '../host/status-socket.ts';
import { loadProxy } from '../load/load.ts';
import { proxyName } from '../load/proxy.ts';
import { errorFields, type LogOptions, logOptions, openLog } from '../log.ts';
import type { Status } from '../model/status.ts';
import { Wake } from '../wake/wake.ts';
import { followEngine } from '../watch/engine-events.ts';
import type { Command, Context } from './command.ts';
import { printFailure } from './failure.ts';
import { nowhere } from './lines.ts';
import { openStatus } from './open-status.ts';
import { countProblems, printProblems } from './print-problems.ts';
import { statusOf } from './status-document.ts';
import { writeJson } from './terminal.ts';

/** One entry of `on_demand` by proxytainer's command line, until it is interrupted; needs the engine, and nothing of the kernel. */
export const proxy: Command = async (context) => {
  const { options, interruption, env, version, terminal } = context;
  const { signal } = interruption;
  const { port } = options.proxy;
  const loaded = loadProxy(options.proxy);
  if (!loaded.ok) {
    const { problems } = loaded;
    const message = `the command line is not in order (${countProblems(problems)})`;
    terminal.err.write(printProblems(problems, terminal.err.paint));
    if (options.json) writeJson(terminal, { error: { code: 'USAGE', message, problems } });
    printFailure({ message, hint: 'netwright proxy --help' }, terminal);
    return 1;
  }
  const { onDemand } = loaded.config;
  const log = openLog(process.stdout, proxyLog(context));
  const wake = new Wake(log);
  const since = new Date().toISOString();
  const status = (): Promise<Status> =>
    Promise.resolve({
      ...statusOf({
        version,
        instance: options.ownership.instance,
        daemon: { pid: process.pid, since },
        file: { path: proxyName, digest: loaded.digest, state: 'in force', problems: [] },
        locate: nowhere,
      }),
      onDemand: wake.status,
    });
  const server = await openStatus(proxyStatusPath(options.ownership, port), status, (path, error) =>
    log.debug('the status is not served', { path, ...errorFields(error) }),
  );
  const onUnhandled = (error: unknown) => log.error('a failure nobody waited for', errorFields(error));
  process.on('unhandledRejection', onUnhandled);
  try {
    await wake.follow(onDemand);
    for (const { notListening: [why] = [] } of wake.status)
      if (why !== undefined) throw new NetwrightError('LISTEN_FAILED', why);
    const { host, group } = options.proxy;
    log.info('listening', { port, host, group, version, pid: process.pid });
    await followEngine({
      open: async (stop) => ({ engine: await connectEngine(env, stop) }),
      listener: {
        up: ({ engine }) => wake.engineIs(engine),
        happened: (event) => {
          if (event.type === 'container') wake.heard(event);
        },
        away: (error) => {
          log.warn('the engine is away', errorFields(error));
          wake.engineIs(undefined);
        },
      },
      signal,
    });
  } finally {
    await wake.stop();
    process.off('unhandledRejection', onUnhandled);
    await server?.close();
  }
  log.info('stopped, the containers stay as they are', { by: interruption.by() });
  return 0;
};

/** By RUST_LOG, too, as proxytainer is told: a level, alone or as what is said of proxytainer. */
function proxyLog({ options, env }: Context): LogOptions {
  const wanted = logOptions(env);
  const asked = (env['RUST_LOG'] ?? '').toLowerCase();
  const debug = wanted.debug || /(^|,|proxytainer=)(debug|trace)(,|$)/.test(asked);
  return { ...wanted, debug, ...(options.json && { format: 'json' }) };
}
