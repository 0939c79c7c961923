import { NetwrightError } from '../errors.ts';
import { controlPath } from '../host/control-socket.ts';
import { openHost } from '../host/host.ts';
import { acquireLock, refuseRivals } from '../host/lock.ts';
import { isFirstPidNamespace, mayHearOtherNamespaces } from '../host/privileges.ts';
import { statusPath } from '../host/status-socket.ts';
import { errorFields, type Log, logOptions, openLog } from '../log.ts';
import { Wake } from '../wake/wake.ts';
import { Contention, usualContention } from '../watch/contention.ts';
import { Watch } from '../watch/watch.ts';
import type { Command, Context } from './command.ts';
import { findConfiguration, requirePrivilegesFor, rereading } from './configuration.ts';
import { openControl } from './control.ts';
import { Counting } from './counting.ts';
import { GivingWay } from './giving-way.ts';
import { readGoodFile } from './good-file.ts';
import { KernelPath } from './kernel-path.ts';
import { Memory } from './memory.ts';
import { openStatus } from './open-status.ts';
import { Scripts } from './scripts.ts';
import { WatchPasses } from './watch-pass.ts';
import { WatchReport } from './watch-report.ts';

/** How long an `apply` that is at work is waited for. */
const lockWaitMs = 60_000;

/** The daemon: keeps the host what the file says until it is interrupted; its log goes to standard output. */
export const watch: Command = async (context) => {
  const { options, interruption, env, version } = context;
  const { ownership } = options;
  const { signal } = interruption;
  const log = logOf(context);
  const period = secondsOf(env, 'WATCH_PERIOD_SECONDS', 30);
  const timeoutMs = secondsOf(env, 'SCRIPT_TIMEOUT_SECONDS', 60);
  const configuration = await findConfiguration(options);
  const { name, path } = configuration;
  await requirePrivilegesFor(configuration);
  // What is wrong in a file is waited for; flags and variables stay as they are.
  if (path === undefined && (await readGoodFile(context, configuration)) === undefined) return 1;
  const lock = await acquireLock(
    ownership,
    { command: 'watch', version },
    {
      waitMs: lockWaitMs,
      signal,
      daemonHint: 'stop that one first, or give this one another name by NETWRIGHT_INSTANCE',
    },
  );
  await refuseRivals(ownership);
  const report = new WatchReport({
    version,
    instance: ownership.instance,
    path: name,
    log,
    pidsAreOurs: await isFirstPidNamespace(),
  });
  const scripts = new Scripts({ context, path, log, timeoutMs });
  const contention = new Contention(
    {
      contested: (contested) => report.contested(contested),
      over: (contested) => report.contestOver(contested),
    },
    { ...usualContention, longestWait: period },
  );
  const memory = new Memory();
  const passes = new WatchPasses({
    report,
    signal,
    hearsInside: await mayHearOtherNamespaces(),
    onLooked: () => memory.used(),
    onDoubt: () => daemon.lookAgain(),
  });
  const counting = new Counting();
  const kernel = new KernelPath(counting, () => daemon.ledAnew());
  const wake = new Wake(log, kernel, () => daemon.answered());
  const givingWay = new GivingWay(wake.rush);
  const status = async () => ({
    ...report.status(contention.list(), await counting.now(signal)),
    ...(wake.status.length > 0 && { onDemand: wake.status }),
  });
  const server = await openStatus(statusPath(ownership), status, (path, error) =>
    log.warn('the status is not served', { path, ...errorFields(error) }),
  );
  const control = await openControl(controlPath(ownership), wake, log);
  log.info('watching', {
    file: name,
    instance: ownership.instance,
    version,
    pid: process.pid,
    period: period / 1000,
  });
  const daemon = new Watch({
    ...(path !== undefined && { path }),
    load: rereading(configuration),
    open: async (stop) => {
      const host = await openHost({ ownership, signal: stop, env });
      counting.follow(host);
      return host;
    },
    pass: async (host, of, causes, stop, meanwhile) => {
      const { good, wish } = kernel.asked(of);
      const result = await passes.run({ host, good, causes, signal: stop, meanwhile });
      kernel.passed(wish, result.left?.observed);
      return result;
    },
    contention,
    givesWay: (cause, now) => givingWay.until(cause, now),
    begin: () => scripts.begin(signal),
    onReading: (reading) => {
      report.read(reading);
      scripts.read(reading.loaded);
      if (!reading.loaded.ok) return;
      givingWay.follow(reading.loaded.config);
      void wake.follow(reading.loaded.config.onDemand);
    },
    onUp: (host) => {
      kernel.follow(host);
      wake.engineIs(host.engine);
    },
    onEvent: (event) => {
      if (event.type === 'container') wake.heard(event);
      return passes.heard(event, givingWay.mayAskAfter(event, performance.now()));
    },
    onAway: (error) => {
      report.engineAway(error);
      wake.engineIs(undefined);
    },
    log,
    period,
    env,
    signal,
  });
  const onHangUp = () => {
    log.info('reload asked for', { by: 'SIGHUP' });
    void daemon.reload();
  };
  // A bug in one pass is no reason to leave the host to itself; everything a pass knows is read afresh by the next.
  const onUnhandled = (error: unknown) => log.error('a failure nobody waited for', errorFields(error));
  process.on('SIGHUP', onHangUp);
  process.on('unhandledRejection', onUnhandled);
  let isWell = true;
  try {
    await daemon.run();
  } finally {
    process.off('SIGHUP', onHangUp);
    await wake.stop();
    await passes.ended();
    isWell = await scripts.end();
    process.off('unhandledRejection', onUnhandled);
    await server?.close();
    control?.close();
    await lock.release();
  }
  log.info('stopped, the rules stay in force', { by: interruption.by() });
  return isWell ? 0 : 1;
};

function logOf({ options, env }: Context): Log {
  const wanted = logOptions(env);
  return openLog(process.stdout, options.json ? { ...wanted, format: 'json' } : wanted);
}

const longestSeconds = 86_400;

/** A variable of seconds in milliseconds. */
function secondsOf(env: NodeJS.ProcessEnv, variable: string, byDefault: number): number {
  const text = env[variable] ?? '';
  const seconds = text === '' ? byDefault : Number(text);
  if (seconds >= 0.1 && seconds <= longestSeconds) return seconds * 1000;
  throw new NetwrightError('USAGE', `${variable} is ${text}, which is no number of seconds`, {
    hint: `use a number from 0.1 to ${longestSeconds}`,
  });
}
