import { Writable } from 'node:stream';
import { createLogger, format } from 'winston';
import { isNetwrightError, NetwrightError } from './errors.ts';
import { escaped } from './one-line.ts';

/** What is said beside a message; nothing of the environment ever is. */
export type Fields = Readonly<Record<string, unknown>>;
type Say = (message: string, fields?: Fields) => void;

/** Constant messages, what varies in fields. */
export interface Log {
  readonly debug: Say;
  readonly info: Say;
  readonly warn: Say;
  readonly error: Say;
  /** The same log with these fields on every line. */
  with(fields: Fields): Log;
}

export interface LogOptions {
  /** `json`: one JSON document a line; lines for people otherwise. */
  readonly format: 'text' | 'json';
  readonly debug: boolean;
}

/** What DEBUG and LOG_FORMAT ask for. USAGE when there is no such format; DEBUG is other programs' too, and may say anything. */
export function logOptions(env: NodeJS.ProcessEnv): LogOptions {
  const debug = (env['DEBUG'] ?? '').toLowerCase();
  return { format: formatOf(env['LOG_FORMAT'] || 'text'), debug: debug === '1' || debug === 'true' };
}

function formatOf(text: string): LogOptions['format'] {
  if (text === 'text' || text === 'json') return text;
  throw new NetwrightError('USAGE', `LOG_FORMAT is ${text}, which is no format`, {
    hint: 'use json or text',
  });
}

/** A log that writes lines to the stream. */
export function openLog(stream: NodeJS.WritableStream, options: LogOptions): Log {
  const logger = createLogger({
    level: options.debug ? 'debug' : 'info',
    format: options.format === 'json' ? asJson : asText,
  });
  logger.pipe(linesTo(stream));
  const saying = (always: Fields): Log => {
    const say =
      (level: 'debug' | 'info' | 'warn' | 'error'): Say =>
      (message, fields) => {
        // Winston leaves the choice of levels to its own transports, which do not take any stream.
        if (logger.isLevelEnabled(level)) logger.log(level, message, { fields: { ...always, ...fields } });
      };
    return {
      debug: say('debug'),
      info: say('info'),
      warn: say('warn'),
      error: say('error'),
      with: (fields) => saying({ ...always, ...fields }),
    };
  };
  return saying({});
}

function linesTo(stream: NodeJS.WritableStream): Writable {
  return new Writable({
    objectMode: true,
    write(entry: Readonly<Record<symbol, unknown>>, _encoding, done) {
      stream.write(`${String(entry[Symbol.for('message')])}\n`);
      done();
    },
  });
}

/** An error as fields: its code and hint when it was expected, its stack when it is a bug. */
export function errorFields(error: unknown): Fields {
  if (isNetwrightError(error)) {
    const { code, message, hint } = error;
    return { code, error: message, ...(hint !== undefined && { hint }) };
  }
  if (error instanceof Error) return { error: error.message, stack: error.stack };
  return { error: String(error) };
}

const asJson = format.printf(({ level, message, fields }) =>
  escaped(JSON.stringify({ time: new Date().toISOString(), level, message, ...(fields as Fields) })),
);

const asText = format.printf(({ level, message, fields }) => {
  const pairs = Object.entries(fields as Fields)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}=${valueText(value)}`);
  const time = new Date().toTimeString().slice(0, 8);
  return `${time} ${level.padEnd(5)}  ${[String(message), pairs.join(' ')].filter((part) => part !== '').join('  ')}`;
});

/** As it is where that is one word; quoted and on one line otherwise, a stack included. */
function valueText(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  if (typeof value === 'string' && !/^[\p{L}\p{N}\p{P}\p{Sc}\p{Sm}]+$/u.test(text))
    return escaped(JSON.stringify(text));
  return text.includes('"') && typeof value === 'string' ? JSON.stringify(text) : escaped(text);
}
