import { readStatus, statusPath } from '../host/status-socket.ts';
import { awakeIn } from '../model/on-demand.ts';
import { look } from '../reconcile.ts';
import type { Command } from './command.ts';
import { findConfiguration, requirePrivilegesFor } from './configuration.ts';
import { readGoodFile } from './good-file.ts';
import { openAndLook, whileReading } from './head-start.ts';
import { planDocument } from './plan-document.ts';
import { printPlan } from './print.ts';
import { writeJson } from './terminal.ts';

/** Shows the difference; 0 when there is none, 2 when there is, 1 when something is refused. */
export const plan: Command = async (context) => {
  const { options, terminal, interruption } = context;
  const configuration = await findConfiguration(context.options);
  await requirePrivilegesFor(configuration);
  const begun = await whileReading(
    context,
    (signal) => openAndLook(context, signal),
    () => readGoodFile(context, configuration),
  );
  if (begun === undefined) return 1;
  const { file, opened } = begun;
  // What a daemon has woken is as it should be.
  const daemon = await readStatus(statusPath(options.ownership));
  const config = { ...file.config, awake: awakeIn(daemon?.onDemand ?? []) };
  const found = await look(opened.host, config, interruption.signal, opened);
  const document = planDocument(found.plan, file.locate, file.warnings);
  if (options.json) writeJson(terminal, document);
  else terminal.out.write(printPlan(document, terminal.out.paint));
  if (document.summary.refused > 0) return 1;
  return found.plan.operations.length > 0 ? 2 : 0;
};
