import { openHost } from '../host/host.ts';
import { readStatus, statusPath } from '../host/status-socket.ts';
import { awakeIn } from '../model/on-demand.ts';
import { look } from '../reconcile.ts';
import type { Command } from './command.ts';
import { findConfiguration, requirePrivilegesFor } from './configuration.ts';
import { readGoodFile } from './good-file.ts';
import { planDocument } from './plan-document.ts';
import { printPlan } from './print.ts';
import { writeJson } from './terminal.ts';

/** Shows the difference; 0 when there is none, 2 when there is, 1 when something is refused. */
export const plan: Command = async (context) => {
  const { options, terminal, interruption, env } = context;
  const configuration = await findConfiguration(context.options);
  await requirePrivilegesFor(configuration);
  const file = await readGoodFile(context, configuration);
  if (file === undefined) return 1;
  const { signal } = interruption;
  const host = await openHost({ ownership: options.ownership, signal, env });
  // What a daemon has woken is as it should be.
  const daemon = await readStatus(statusPath(options.ownership));
  const config = { ...file.config, awake: awakeIn(daemon?.onDemand ?? []) };
  const found = await look(host, config, signal);
  const document = planDocument(found.plan, file.locate, file.warnings);
  if (options.json) writeJson(terminal, document);
  else terminal.out.write(printPlan(document, terminal.out.paint));
  if (document.summary.refused > 0) return 1;
  return found.plan.operations.length > 0 ? 2 : 0;
};
