import type { LoadedConfig } from '../load/load.ts';
import type { Command, Context } from './command.ts';
import { findConfiguration } from './configuration.ts';
import { escapeControls } from './escape.ts';
import { countProblems, printProblems } from './print-problems.ts';
import { writeJson } from './terminal.ts';

/** Reads and checks the file alone, or what stands in its place; 1 when it has a mistake. */
export const validate: Command = async ({ options, terminal }) => {
  const { json } = options;
  const configuration = await findConfiguration(options);
  const { name: file } = configuration;
  const loaded = await configuration.load();
  if (options.print && loaded.ok) return await print({ options, terminal }, loaded);
  const problems = loaded.ok ? loaded.warnings : loaded.problems;
  const counts = loaded.ok
    ? {
        networks: loaded.config.networks.length,
        ips: loaded.config.ips.length,
        policies: loaded.config.policies.length,
        routing: loaded.config.routing.length,
        discovery: loaded.config.discovery.length,
        on_demand: loaded.config.onDemand.length,
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
  const { networks, ips, policies, routing, discovery, on_demand: onDemand } = counts;
  const contents = [
    many(networks, 'network', 'networks'),
    many(ips, 'address', 'addresses'),
    many(policies, 'policy', 'policies'),
    ...(routing > 0 ? [many(routing, 'routing entry', 'routing entries')] : []),
    ...(discovery > 0 ? [many(discovery, 'discovery entry', 'discovery entries')] : []),
    ...(onDemand > 0 ? [many(onDemand, 'on_demand entry', 'on_demand entries')] : []),
  ];
  const warned = problems.length === 0 ? '' : ` (${countProblems(problems)})`;
  terminal.out.write(`${escapeControls(file)} is in order: ${contents.join(', ')}${warned}\n`);
  return 0;
};

/** What is printed can be read again: what is warned of is said beside it. */
async function print(
  { options, terminal }: Pick<Context, 'options' | 'terminal'>,
  { content, warnings }: LoadedConfig,
): Promise<number> {
  terminal.err.write(printProblems(warnings, terminal.err.paint));
  if (options.json) writeJson(terminal, content());
  else terminal.out.write((await import('../load/yaml-print.ts')).printYaml(content()));
  return 0;
}

function many(count: number, one: string, several: string): string {
  return `${count} ${count === 1 ? one : several}`;
}
