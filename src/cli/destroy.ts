import { type Config, emptyConfig } from '../model/config.ts';
import type { Command } from './command.ts';
import { findConfiguration, requirePrivilegesFor } from './configuration.ts';
import { nowhere } from './lines.ts';
import { doOnePass } from './one-pass.ts';

/** Removes everything of the instance, as if the file were empty; 0 when it is gone. */
export const destroy: Command = async (context) => {
  const configuration = await findConfiguration(context.options);
  await requirePrivilegesFor(configuration);
  const config: Config =
    configuration.path === undefined ? { ...emptyConfig, leavesEngine: true } : emptyConfig;
  return await doOnePass(context, {
    command: 'destroy',
    read: () => Promise.resolve({ config, locate: nowhere, warnings: [], digest: '' }),
    daemonHint: 'stop the daemon first: it would put everything back',
    nothingToDo: 'Nothing of netwright is here.',
  });
};
