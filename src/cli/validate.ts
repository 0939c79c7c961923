import { load } from '../load/load.ts';
import type { Command } from './command.ts';
import { escapeControls } from './escape.ts';
import { countProblems, printProblems } from './print-problems.ts';
import { writeJson } from './terminal.ts';

/** Reads and checks the file alone; 1 when it has a mistake. */
export const validate: Command = async ({ options, terminal }) => {
  const { file, json } = options;
  const loaded = await load(file);
  const problems = loaded.ok ? loaded.warnings : loaded.problems;
  const counts = loaded.ok
    ? {
        networks: loaded.config.networks.length,
        ips: loaded.config.ips.length,
        policies: loaded.config.policies.length,
        routing: loaded.config.routing.length,
      }
    : undefined;
  if (json) {
    writeJson(terminal, {
      file,
      valid: loaded.ok,
      digest: loaded.digest,
      ...(counts && { counts }),
      problems,
    });
    return loaded.ok ? 0 : 1;
  }
  terminal.err.write(printProblems(problems, terminal.err.paint));
  if (counts === undefined) {
    terminal.err.write(`${escapeControls(file)}: ${countProblems(problems)}\n`);
    return 1;
  }
  const { networks, ips, policies, routing } = counts;
  const contents = [
    many(networks, 'network', 'networks'),
    many(ips, 'address', 'addresses'),
    many(policies, 'policy', 'policies'),
    ...(routing > 0 ? [many(routing, 'routing entry', 'routing entries')] : []),
  ];
  const warned = problems.length === 0 ? '' : ` (${countProblems(problems)})`;
  terminal.out.write(`${escapeControls(file)} is in order: ${contents.join(', ')}${warned}\n`);
  return 0;
};

function many(count: number, one: string, several: string): string {
  return `${count} ${count === 1 ? one : several}`;
}
