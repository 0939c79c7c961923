import { requirePrivileges } from '../host/privileges.ts';
import { emptyConfig } from '../model/config.ts';
import type { Command } from './command.ts';
import { nowhere } from './lines.ts';
import { doOnePass } from './one-pass.ts';

/** Removes everything of the instance, as if the file were empty; 0 when it is gone. */
export const destroy: Command = async (context) => {
  await requirePrivileges();
  return await doOnePass(context, {
    command: 'destroy',
    config: emptyConfig,
    locate: nowhere,
    warnings: [],
    daemonHint: 'stop the daemon first: it would put everything back',
    nothingToDo: 'Nothing of netwright is here.',
  });
};
