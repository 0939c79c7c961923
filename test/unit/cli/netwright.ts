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

/** As of a reader that has gone. */
class Unread extends Stream {
  override write(text: string): boolean {
    this.emit('error', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
    return super.write(text);
  }
}

/** Runs a command in this process; only what needs no engine and no root. */
export async function netwright(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  return await runOn(new Stream(), args, env);
}

/** The same, where nobody reads its standard output any more. */
export async function netwrightUnread(args: readonly string[]) {
  return await runOn(new Unread(), args, {});
}

async function runOn(stdout: Stream, args: readonly string[], env: NodeJS.ProcessEnv) {
  const stderr = new Stream();
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
