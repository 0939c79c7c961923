import { TextDecoder } from 'node:util';
import { NetwrightError } from '../errors.ts';
import { fieldsOf, textFieldsOf, textOf } from './answer.ts';

/** Something that happened to a container or a network, in the engine's words. */
export interface EngineEvent {
  readonly type: 'container' | 'network';
  /** `start`, `die`, `rename`, `connect`, … */
  readonly action: string;
  readonly id: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** What can change what netwright has to do; the health checks and execs that an engine also reports cannot. */
export const eventFilters: Readonly<Record<string, readonly string[]>> = {
  type: ['container', 'network'],
  event: [
    'start',
    'die',
    'died',
    'cleanup',
    'rename',
    'destroy',
    'remove',
    'create',
    'connect',
    'disconnect',
    'pause',
    'unpause',
  ],
};

const longestLine = 1024 * 1024;

/** The events in a stream of JSON lines; throws ENGINE_UNREACHABLE when the stream ends before the signal fires. */
export async function* readEvents(
  stream: AsyncIterable<unknown>,
  signal: AbortSignal,
): AsyncGenerator<EngineEvent, void, undefined> {
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for await (const chunk of stream) {
      const lines = `${rest}${decodeChunk(decoder, chunk)}`.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const event = readEvent(line);
        if (event !== undefined) yield event;
      }
      if (rest.length > longestLine) throw new Error('a line without end');
    }
  } catch (error) {
    if (signal.aborted) return;
    throw ended(error);
  }
  if (!signal.aborted) throw ended(undefined);
}

function decodeChunk(decoder: TextDecoder, chunk: unknown): string {
  return chunk instanceof Uint8Array ? decoder.decode(chunk, { stream: true }) : textOf(chunk);
}

/** One line of the stream, or undefined when it is no event of a container or a network. */
export function readEvent(line: string): EngineEvent | undefined {
  const event = fieldsOf(parseJson(line));
  const type = textOf(event['Type']);
  if (type !== 'container' && type !== 'network') return undefined;
  const actor = fieldsOf(event['Actor']);
  return {
    type,
    action: textOf(event['Action']) || textOf(event['status']),
    id: textOf(actor['ID']) || textOf(event['id']),
    attributes: textFieldsOf(actor['Attributes']),
  };
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function ended(cause: unknown): NetwrightError {
  return new NetwrightError('ENGINE_UNREACHABLE', "the engine's stream of events ended", { cause });
}
