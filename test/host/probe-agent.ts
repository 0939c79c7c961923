import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { createInterface } from 'node:readline';

interface Pending {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

/** In ms: far longer than any probe waits for its answer, and shorter than a test may take. */
const longestAnswer = 40_000;

/** One running probe.mjs: every question is answered, or rejected when the agent fails, dies or says nothing. */
export class ProbeAgent {
  readonly #place: string;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #pending = new Map<number, Pending>();
  #last = 0;
  #complaint = '';
  #isOver = false;

  constructor(place: string, child: ChildProcessWithoutNullStreams) {
    this.#place = place;
    this.#child = child;
    child.stderr.on('data', (chunk: Buffer) => {
      this.#complaint += chunk.toString();
    });
    child.stdin.on('error', () => undefined);
    createInterface({ input: child.stdout }).on('line', (line) => this.#hear(line));
    child.on('error', (error) => this.#end(error.message));
    child.on('close', (code, signal) => this.#end(`ended with ${code ?? signal ?? 'nothing'}`));
  }

  async ask<Result>(question: object): Promise<Result> {
    return (await new Promise<unknown>((resolve, reject) => {
      if (this.#isOver) {
        reject(this.#failure('has ended'));
        return;
      }
      this.#last += 1;
      const asked = JSON.stringify({ ...question, id: this.#last });
      const timer = setTimeout(() => reject(this.#failure(`no answer to ${asked}`)), longestAnswer);
      this.#pending.set(this.#last, { resolve, reject, timer });
      this.#child.stdin.write(`${asked}\n`);
    })) as Result;
  }

  #hear(line: string): void {
    const answer = JSON.parse(line) as {
      readonly id: number;
      readonly result?: unknown;
      readonly error?: string;
    };
    const pending = this.#pending.get(answer.id);
    this.#pending.delete(answer.id);
    clearTimeout(pending?.timer);
    if (answer.error === undefined) pending?.resolve(answer.result);
    else pending?.reject(this.#failure(answer.error));
  }

  #end(why: string): void {
    this.#isOver = true;
    for (const { reject, timer } of this.#pending.values()) {
      clearTimeout(timer);
      reject(this.#failure(why));
    }
    this.#pending.clear();
  }

  #failure(why: string): Error {
    return new Error(`the probe in ${this.#place} failed: ${why}\n${this.#complaint}`);
  }
}
