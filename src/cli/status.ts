import { openHost } from '../host/host.ts';
import { lockHolder } from '../host/lock.ts';
import { readProxies, readStatus, statusPath } from '../host/status-socket.ts';
import { hostNamespace } from '../model/namespace.ts';
import { type FileStatus, isHealthy, type Status } from '../model/status.ts';
import { look } from '../reconcile.ts';
import type { Command, Context } from './command.ts';
import { findConfiguration, isThere, requirePrivilegesFor } from './configuration.ts';
import { locateBy } from './good-file.ts';
import { nowhere } from './lines.ts';
import { printStatus } from './print-status.ts';
import { statusOf } from './status-document.ts';
import { writeJson } from './terminal.ts';

/** What is in force: the daemon's word, else a fresh look; 0 when all is as it should be, waiting allowed. */
export const status: Command = async (context) => {
  const { options, terminal } = context;
  const document =
    (await readStatus(statusPath(options.ownership))) ??
    (await ofProxies(context)) ??
    (await workOut(context));
  if (options.json) writeJson(terminal, document);
  else terminal.out.write(printStatus(document, terminal.out.paint));
  return isHealthy(document) ? 0 : 1;
};

/** Where there is no daemon and no file that is asked for, a `proxy` is what there is to tell of. */
async function ofProxies({ options }: Context): Promise<Status | undefined> {
  if (options.isFileNamed || (await isThere(options.file))) return undefined;
  const [first, ...others] = await readProxies(options.ownership);
  const onDemand = [first, ...others].flatMap((each) => each?.onDemand ?? []);
  return first && { ...first, onDemand };
}

async function workOut({ options, interruption, env, version }: Context): Promise<Status> {
  const configuration = await findConfiguration(options);
  await requirePrivilegesFor(configuration);
  const { ownership } = options;
  const { name: path } = configuration;
  const { signal } = interruption;
  const holder = await lockHolder(ownership);
  const common = {
    version,
    instance: ownership.instance,
    // A daemon in another container: its socket is not to be seen from here.
    ...(holder !== undefined &&
      holder !== 'unknown' &&
      holder.command === 'watch' && { daemon: { pid: holder.pid, since: holder.since } }),
  };
  const loaded = await configuration.load();
  if (!loaded.ok) {
    const isFound = configuration.path === undefined || (await isThere(path));
    const state = isFound ? 'invalid, the last good one stays in force' : 'missing';
    return statusOf({ ...common, file: { path, state, problems: loaded.problems }, locate: nowhere });
  }
  const host = await openHost({ ownership, signal, env });
  const file: FileStatus = { path, digest: loaded.digest, state: 'in force', problems: [] };
  const seen = await look(host, loaded.config, signal);
  return statusOf({
    ...common,
    file,
    look: seen,
    counting: seen.observed.namespaces.get(hostNamespace),
    locate: locateBy(loaded.locate),
    warnings: loaded.warnings,
  });
}
