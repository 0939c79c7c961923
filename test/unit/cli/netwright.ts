import { EventEmitter } from 'node:events';
import { run } from '../../../src/cli/program.ts';

/** Keeps what is written to it. */
class Stream extends EventEmitter {
  text = '';
  write(text: string): boolean {
    this.text += text;
    return true;
  }
}

/** Runs a command in this process; only what needs no engine and no root. */
export async function netwright(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const [stdout, stderr] = [new Stream(), new Stream()];
  const target = Object.assign(new EventEmitter(), {
    argv: ['node', 'netwright', ...args],
    env,
    stdout,
    stderr,
    exit: () => undefined,
  });
  const code = await run(target);
  return { code, out: stdout.text, err: stderr.text };
}
