import { randomBytes } from 'node:crypto';
import { closeSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isNetwrightError } from '../errors.ts';
import type { NamespaceId } from '../model/namespace.ts';
import type { Argv, CommandOptions, Run } from './command.ts';
import { type OpenNamespace, openPath } from './netns.ts';
import { insideTimeoutMs, type Place } from './place.ts';

/** What is asked of a program: with an input, its parameter `-` or `if=-` stands for a file with that. */
export interface Question {
  readonly argv: Argv;
  readonly input?: string;
}

/** What was told in one namespace, by question. */
export type Answers = ReadonlyMap<string, string>;

/** The place, where what was told before is not asked again. */
export function withAnswers(place: Place, answers: Answers): Place {
  return {
    ...place,
    run: async (argv, options) => {
      const { input } = options;
      const known = answers.get(keyOf({ argv, ...(input !== undefined && { input }) }));
      return known ?? (await place.run(argv, options));
    },
  };
}

/** Those of the questions that were not answered yet. */
export function unanswered(
  questions: readonly Question[],
  answers: Answers = new Map(),
): readonly Question[] {
  return questions.filter((question) => !answers.has(keyOf(question)));
}

/**
 * Asks the same in each of these namespaces, by one `find` that goes from one to the next: a process started from here costs this one more
 * than it costs the process. What could not be told, in time or at all, is left out, for whoever asks there alone to find out why.
 */
export async function askInEach(
  run: Run,
  namespaces: readonly OpenNamespace[],
  questions: readonly Question[],
  signal: AbortSignal,
): Promise<ReadonlyMap<NamespaceId, Answers>> {
  const timeoutMs = insideTimeoutMs;
  const [first, ...others] = namespaces;
  if (first !== undefined && others.length === 0) {
    const { id, handle } = first;
    const inside: Place['run'] = (argv, options) => run(argv, { ...options, namespace: handle });
    return new Map([[id, await askIn({ id, run: inside }, questions, { signal, timeoutMs })]]);
  }
  const places = namespaces.map(({ id, handle }) => ({ id, path: openPath(handle) }));
  const round = { places, enter: ['nsenter', '--net={}', '--'] };
  return await askByOne(run, round, questions, { signal, timeoutMs });
}

/** Asks these in one place, by one `find` as well; what could not be told is left out. */
export async function askIn(
  { id, run }: Pick<Place, 'id' | 'run'>,
  questions: readonly Question[],
  options: AskOptions,
): Promise<Answers> {
  const told = await askByOne(run, { places: [{ id, path: '/' }], enter: [] }, questions, options);
  return told.get(id) ?? new Map();
}

/**
 * Has these programs do their work one after the other, by one `find` as well, whatever becomes of those before; returns which came to
 * a good end. All else was not done, or is not known to be: whoever does it alone finds out why.
 */
export async function haveDone(
  place: Pick<Place, 'id' | 'run'>,
  programs: readonly Question[],
  signal: AbortSignal,
): Promise<ReadonlySet<Question>> {
  const answers = await askIn(place, programs, { signal, timeoutMs: insideTimeoutMs * programs.length });
  return new Set(programs.filter((program) => answers.has(keyOf(program))));
}

type AskOptions = Pick<CommandOptions, 'signal' | 'timeoutMs'>;

/** Where `find` goes, and what it puts before a question to have it answered there. */
interface Round {
  readonly places: readonly { readonly id: NamespaceId; readonly path: string }[];
  readonly enter: readonly string[];
}

async function askByOne(
  run: Place['run'],
  round: Round,
  questions: readonly Question[],
  options: AskOptions,
): Promise<ReadonlyMap<NamespaceId, Answers>> {
  if (round.places.length === 0 || questions.length === 0) return new Map();
  const plain = questions.filter(({ argv }) => !argv.some(meansMore));
  const inputs = openInputs(plain);
  const askable = plain.filter((question) => question.input === undefined || inputs.has(question));
  try {
    const mark = randomBytes(16).toString('hex');
    const argv = findCommand(round, askable, inputs, mark);
    const text = await run(argv, { ...options, accept: [0, 1] });
    return readAnswers(text, mark, round.places, askable);
  } catch (error) {
    if (!isNetwrightError(error)) throw error;
    options.signal.throwIfAborted();
    return new Map();
  } finally {
    for (const handle of inputs.values()) closeSync(handle);
  }
}

/** To `find` such a word is more than a word, as an interface may be called. */
function meansMore(word: string): boolean {
  return word === ';' || word.includes('{}');
}

/** As files without a name: each process that opens one anew reads it from its beginning. Without those that no folder takes. */
function openInputs(questions: readonly Question[]): ReadonlyMap<Question, number> {
  const inputs = new Map<Question, number>();
  for (const question of questions) {
    if (question.input === undefined) continue;
    const handle = openNameless(Buffer.from(question.input));
    if (handle !== undefined) inputs.set(question, handle);
  }
  return inputs;
}

/** The first can be written in a container of which nothing else can. */
const folders = ['/dev/shm', tmpdir()] as const;

function openNameless(content: Buffer): number | undefined {
  for (const folder of folders) {
    let handle: number | undefined;
    try {
      const path = join(folder, `netwright-${randomBytes(12).toString('hex')}`);
      handle = openSync(path, 'wx+', 0o600);
      unlinkSync(path);
      // A folder that is full takes a part.
      if (writeSync(handle, content) === content.length) return handle;
    } catch {
      // The next one may do.
    }
    if (handle !== undefined) closeSync(handle);
  }
  return undefined;
}

/** What is asked inside may say anything, so what tells answers apart is nothing that can be known there. */
function findCommand(
  { places, enter }: Round,
  questions: readonly Question[],
  inputs: ReadonlyMap<Question, number>,
  mark: string,
): Argv {
  const asked = questions.flatMap((question, index) => {
    const input = inputs.get(question);
    const file = input === undefined ? '-' : openPath(input);
    const argv = question.argv.map((word) =>
      word === '-' || word === 'if=-' ? word.replace('-', file) : word,
    );
    const asking = [',', '-printf', `${mark}?${index}\\n`, '-exec', ...enter, ...argv, ';'];
    return [...asking, '-printf', `${mark}!${index}\\n`];
  });
  const paths = places.map(({ path }) => path);
  return ['find', ...paths, '-maxdepth', '0', '-printf', `${mark}@%p\\n`, ...asked];
}

function readAnswers(
  text: string,
  mark: string,
  places: Round['places'],
  questions: readonly Question[],
): ReadonlyMap<NamespaceId, Answers> {
  const ids = new Map(places.map(({ id, path }) => [`@${path}`, id]));
  const told = new Map<NamespaceId, Map<string, string>>();
  let here = new Map<string, string>();
  const parts = text.split(mark).map((part) => {
    const end = part.indexOf('\n');
    return { label: part.slice(0, end), answer: part.slice(end + 1) };
  });
  for (const [index, { label, answer }] of parts.entries()) {
    const id = ids.get(label);
    if (id !== undefined) {
      here = new Map();
      told.set(id, here);
    }
    const question = label.startsWith('?') ? questions[Number(label.slice(1))] : undefined;
    // Only who came to a good end is followed by this.
    if (question !== undefined && parts[index + 1]?.label === `!${label.slice(1)}`)
      here.set(keyOf(question), answer);
  }
  return told;
}

function keyOf({ argv, input }: Question): string {
  return JSON.stringify([argv, input]);
}
