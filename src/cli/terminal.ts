import { escaped } from '../one-line.ts';
import { wantsColour } from './options.ts';
import { coloured, type Paint, plain } from './paint.ts';

/** Where a command's words go: answers to `out`, everything that went wrong to `err`. */
export interface Terminal {
  readonly out: Channel;
  readonly err: Channel;
}

interface Channel {
  readonly paint: Paint;
  write(text: string): void;
}

/** The streams a terminal is made of, and the environment that says whether they get colour. */
export interface Streams {
  readonly stdout: Stream;
  readonly stderr: Stream;
  readonly env: NodeJS.ProcessEnv;
}

interface Stream {
  readonly isTTY?: boolean;
  write(text: string): unknown;
  on(event: 'error', listener: (error: NodeJS.ErrnoException) => void): unknown;
}

/** The process's own two streams; who reads them may stop reading at any time. */
export function openTerminal({ stdout, stderr, env }: Streams): Terminal {
  return { out: channel(stdout, env), err: channel(stderr, env) };
}

function channel(stream: Stream, env: NodeJS.ProcessEnv): Channel {
  // A reader that has seen enough (`| head`) is no failure.
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  return { paint: wantsColour(env, stream) ? coloured : plain, write: (text) => stream.write(text) };
}

/** One JSON document, and nothing else, on standard output. */
export function writeJson(terminal: Terminal, document: unknown): void {
  terminal.out.write(jsonText(document));
}

/** The text of one JSON document, every line ended and nothing in it that steers a terminal. */
export function jsonText(document: unknown): string {
  const lines = JSON.stringify(document, undefined, 2).split('\n');
  return `${lines.map(escaped).join('\n')}\n`;
}
