import { setImmediate } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Outcome } from '../model/plan.ts';
import type { Look } from '../reconcile.ts';
import type { Context } from './command.ts';
import type { GoodFile } from './good-file.ts';
import { outcomeLinesMeanwhile, type PassDocument, type PassResult, passDocument } from './pass-document.ts';
import { printPass } from './print.ts';
import { jsonText } from './terminal.ts';

interface Subject {
  readonly file: GoodFile;
  readonly nothingToDo: string;
}

interface Words {
  readonly document: PassDocument;
  readonly text: string;
}

interface Foreseen {
  readonly result: PassResult;
  readonly words: Promise<Words>;
}

/** What a pass is told in: ten thousand lines are put together while programs read what the pass has changed. */
export class Telling {
  readonly #context: Context;
  readonly #subject: Subject;
  #foreseen: Foreseen | undefined;

  constructor(context: Context, subject: Subject) {
    this.#context = context;
    this.#subject = subject;
  }

  /** Gets ready for the pass to end well: with these outcomes, and with what the look before it had to say. */
  foresee(outcomes: readonly Outcome[], { plan: { notices } }: Look, rounds: number): void {
    const result = { outcomes: [...outcomes], remaining: [], notices, rounds, converged: true };
    const words = this.#wordsMeanwhile(result);
    // Whoever waits for them is told; in most passes that end otherwise nobody does.
    words.catch(() => undefined);
    this.#foreseen = { result, words };
  }

  /** Tells it on standard output. */
  async tell(result: PassResult): Promise<PassDocument> {
    const foreseen = this.#foreseen;
    const { document, text } =
      foreseen !== undefined && isSame(foreseen.result, result)
        ? await foreseen.words
        : this.#wordsOf(this.#documentOf(result));
    this.#context.terminal.out.write(text);
    return document;
  }

  /** In between, what the programs print is read: they wait for nobody. */
  async #wordsMeanwhile(result: PassResult): Promise<Words> {
    await setImmediate();
    const changes = await outcomeLinesMeanwhile(result.outcomes, this.#subject.file.locate);
    await setImmediate();
    const document = this.#documentOf(result, changes);
    await setImmediate();
    return this.#wordsOf(document);
  }

  #documentOf(result: PassResult, changes?: PassDocument['changes']): PassDocument {
    const { warnings, locate } = this.#subject.file;
    return passDocument({ ...result, warnings }, locate, changes);
  }

  #wordsOf(document: PassDocument): Words {
    const { options, terminal } = this.#context;
    const text = options.json
      ? jsonText(document)
      : printPass(document, terminal.out.paint, this.#subject.nothingToDo);
    return { document, text };
  }
}

/** Outcomes are the same where they are the same objects: ten thousand lines are not compared. */
function isSame({ outcomes, ...rest }: PassResult, { outcomes: others, ...otherRest }: PassResult): boolean {
  return (
    outcomes.length === others.length &&
    outcomes.every((outcome, index) => outcome === others[index]) &&
    isDeepStrictEqual(rest, otherRest)
  );
}
