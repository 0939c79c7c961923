import { openCommands } from '../host/command.ts';
import type { Command } from './command.ts';
import { canWork, type DoctorDocument } from './doctor-check.ts';
import { examineEnforcement } from './doctor-enforcement.ts';
import { examineEngine } from './doctor-engine.ts';
import { examineInstances, examineKernel, examinePrivileges } from './doctor-kernel.ts';
import { examineRules } from './doctor-rules.ts';
import { examineTools } from './doctor-tools.ts';
import { printDoctor } from './print-doctor.ts';
import { writeJson } from './terminal.ts';

/** Reads what there is and says what each missing thing costs; 0 when netwright can work here. */
export const doctor: Command = async ({ options, terminal, interruption, env, version }) => {
  const { signal } = interruption;
  const { ownership } = options;
  const run = openCommands(env);
  const { engine, checks } = await examineEngine(env, signal);
  const rest = await Promise.all([
    engine === undefined ? [] : examineEnforcement(engine, run, env, signal),
    examinePrivileges(),
    examineRules(run, env, engine?.kind, signal),
    examineTools(run, env, signal),
    examineKernel(),
    examineInstances(ownership),
  ]);
  const document: DoctorDocument = {
    version,
    instance: ownership.instance,
    checks: [...checks, ...rest.flat()],
  };
  if (options.json) writeJson(terminal, document);
  else terminal.out.write(printDoctor(document, terminal.out.paint));
  return canWork(document) ? 0 : 1;
};
