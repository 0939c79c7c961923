import type { Command } from './command.ts';
import { findConfiguration, requirePrivilegesFor } from './configuration.ts';
import { readGoodFile } from './good-file.ts';
import { doOnePass } from './one-pass.ts';

/** Makes the host what the file says; 0 when it is. */
export const apply: Command = async (context) => {
  const configuration = await findConfiguration(context.options);
  await requirePrivilegesFor(configuration);
  return await doOnePass(context, {
    command: 'apply',
    read: () => readGoodFile(context, configuration),
    daemonHint: 'edit the file, the daemon applies it at once; or stop the daemon first',
    nothingToDo: 'No changes.',
  });
};
