import { CommanderError, Option, Command as Program } from 'commander';
import { isNetwrightError, NetwrightError } from '../errors.ts';
import { dropInVariables } from '../load/drop-in.ts';
import { readVersion } from '../version.ts';
import type { Command } from './command.ts';
import { printBug, reportFailure } from './failure.ts';
import { commandHelp, programHelp } from './help.ts';
import { exitCodeOf, type Listening, listenForInterruption, uninterrupted } from './interruption.ts';
import { type Flags, flagOf, resolveOptions, withTwoDashes } from './options.ts';
import { openTerminal, type Streams, type Terminal } from './terminal.ts';

interface Entry {
  readonly summary: string;
  /** Imported only when it is wanted: engines and loggers take longer to load than a small file to check. */
  readonly open: () => Promise<Command>;
  /** Changes nothing and takes no time: Ctrl-C may simply end it. */
  readonly quick?: true;
  /** What `--json` does, where that is not one document. */
  readonly json?: string;
  /** All is said by flags. */
  readonly fileless?: true;
  /** What it takes besides what all do. */
  readonly takes?: (command: Program, version: string) => void;
}

const entries: Readonly<Record<keyof typeof commandHelp, Entry>> = {
  validate: {
    summary: 'check the file: every mistake with line, column and hint',
    open: async () => (await import('./validate.ts')).validate,
    quick: true,
    takes: (command) => command.option('--print', 'print what it says, as YAML (with --json as JSON)'),
  },
  plan: {
    summary: 'show the difference between the file and this host',
    open: async () => (await import('./plan.ts')).plan,
  },
  apply: {
    summary: 'make this host what the file says',
    open: async () => (await import('./apply.ts')).apply,
  },
  watch: {
    summary: 'keep this host what the file says, until stopped',
    open: async () => (await import('./watch.ts')).watch,
    json: 'log JSON, one document a line',
  },
  status: {
    summary: 'tell what is in force, waiting, refused',
    open: async () => (await import('./status.ts')).status,
  },
  destroy: {
    summary: 'remove everything netwright made here, nothing else',
    open: async () => (await import('./destroy.ts')).destroy,
  },
  doctor: {
    summary: 'tell what this host offers, and what each missing thing costs',
    open: async () => (await import('./doctor.ts')).doctor,
  },
  wake: {
    summary: 'start the containers of an entry of on_demand, and wait until they are ready',
    open: async () => (await import('./by-hand.ts')).wake,
    takes: (command) => command.argument('<name>', "the entry's name in the file"),
  },
  sleep: {
    summary: 'stop the containers of an entry of on_demand',
    open: async () => (await import('./by-hand.ts')).sleep,
    takes: (command) =>
      command
        .argument('<name>', "the entry's name in the file")
        .option('--force', 'whoever is connected to them'),
  },
  proxy: {
    summary: 'wake containers on connect by what the flags say, without a file',
    open: async () => (await import('./proxy.ts')).proxy,
    json: 'log JSON, one document a line',
    fileless: true,
    takes: (command, version) =>
      command
        .requiredOption('-p, --port <port>', 'the port to listen on')
        .requiredOption('--host <host:port>', 'where connections are led')
        .requiredOption('-g, --group <group>', "the containers' label netwright.group or proxytainer.group")
        .option('--idle <seconds>', 'without traffic, before they are stopped (300)')
        .option('--no-health', 'wait for no health check')
        .version(version, '-V, --version', 'print the version'),
  },
};

/** What is asked of the process that this runs in. */
export type Target = Listening & Streams & Pick<NodeJS.Process, 'argv'>;

/** Does what the command line asks; settles with the process's exit code, rejects only for bugs. */
export async function run(target: Target): Promise<number> {
  const version = readVersion();
  const terminal = openTerminal(target);
  let code = 0;
  const program = new Program('netwright')
    .description('Keeps the networking of a Docker or Podman host true to one file.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this; with a command, more about that command')
    .helpCommand(false)
    .showSuggestionAfterError()
    .showHelpAfterError('hint: netwright --help')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.out.write(text),
      writeErr: (text) => terminal.err.write(text),
      outputError: (text, write) => write(text.replace(/^error: /, 'netwright: ')),
    })
    .addHelpText('after', programHelp);
  for (const [name, entry] of Object.entries(entries)) {
    const command = program
      .command(name)
      .summary(entry.summary)
      .description(`netwright ${name}: ${entry.summary}.`)
      .option('--json', entry.json ?? 'print one JSON document on standard output')
      .showHelpAfterError(`hint: netwright ${name} --help`)
      .allowExcessArguments()
      .addHelpText('after', commandHelp[name as keyof typeof commandHelp])
      .action(async () => {
        const taken = command.registeredArguments.length;
        const [argument] = command.args.slice(0, taken);
        const flags = { ...command.opts<Flags>(), ...(argument !== undefined && { name: argument }) };
        const excess = command.args[taken];
        if (excess === undefined) code = await perform(target, terminal, { flags, version, entry });
        else {
          reportFailure(
            notTaken(name, excess, taken === 0 && entry.fileless !== true),
            flags.json ?? false,
            terminal,
          );
          code = 1;
        }
      });
    if (entry.fileless !== true)
      command.option('-f, --file <path>', 'the file, or a directory of *.json, *.yaml, *.yml');
    entry.takes?.(command, version);
    for (const variable of Object.values(dropInVariables))
      command.addOption(new Option(`-${flagOf(variable)} <value>`).hideHelp());
  }
  try {
    await program.parseAsync(withTwoDashes(target.argv));
    return code;
  } catch (error) {
    // Commander has told its own errors, and the help.
    if (error instanceof CommanderError) return error.exitCode;
    throw error;
  }
}

/** A flag wins over every variable. */
function environmentFor({ runtimeApi = '' }: Flags, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return runtimeApi === '' ? env : { ...env, RUNTIME_API: runtimeApi, DOCKER_HOST: '' };
}

/** Somebody names the file as other programs have it. */
function notTaken(command: string, excess: string, mayBeFile: boolean): NetwrightError {
  const call = `netwright ${command}`;
  return new NetwrightError('USAGE', `${command} does not take "${excess}"`, {
    hint: mayBeFile ? `a file is named by -f: ${call} -f ${excess}` : `${call} --help`,
  });
}

interface Asked {
  readonly flags: Flags;
  readonly version: string;
  readonly entry: Entry;
}

async function perform(
  target: Target,
  terminal: Terminal,
  { flags, version, entry: { open, quick } }: Asked,
): Promise<number> {
  const interruption = quick === true ? uninterrupted : listenForInterruption(target);
  try {
    const options = resolveOptions(flags, target.env);
    const command = await open();
    const env = environmentFor(flags, target.env);
    return await command({ options, terminal, interruption, env, version });
  } catch (error) {
    const interrupted = interruption.by();
    if (interrupted !== undefined) {
      terminal.err.write(`netwright: interrupted by ${interrupted}; nothing was changed\n`);
      return exitCodeOf(interrupted);
    }
    if (isNetwrightError(error)) reportFailure(error, flags.json ?? false, terminal);
    else printBug(error, terminal);
    return 1;
  } finally {
    interruption.end();
  }
}
