import { type Companion, startCompanion } from './companion.ts';

/** How many elements sets of this network namespace have, by name. */
export type Sizes = ReadonlyMap<string, number>;

const prompt = 'ipset> ';
const answersWithin = 2000;
/** Far more than all sets of any host. */
const longestAnswer = 16 * 1024 * 1024;

/**
 * Asks for the sizes of sets again and again, of one `ipset -` that lives on: that costs 0.3 ms each time, where a process of
 * its own costs 4 ms. One that once failed answers nothing but errors from then on (measured, 7.17), so who doubts an answer
 * asks afresh.
 */
export class SetSizes {
  readonly #env: NodeJS.ProcessEnv;
  #child: Companion | undefined;
  #heard = '';
  #awaited = 0;
  #isClosed = false;
  #answered: ((answer: string | undefined) => void) | undefined;

  constructor(env: NodeJS.ProcessEnv) {
    this.#env = env;
  }

  /** The sizes of these sets now, as far as they are there; undefined when nobody answers. Asked for one at a time. */
  async read(names: readonly string[]): Promise<Sizes | undefined> {
    return this.#ask(names.map((name) => `list -terse ${name}\n`));
  }

  /** The sizes of all sets, by a new process. */
  async readAfresh(): Promise<Sizes | undefined> {
    this.#end();
    return this.#ask(['list -terse\n']);
  }

  /** Nobody answers from now on. */
  close(): void {
    this.#isClosed = true;
    this.#end();
  }

  #end(): void {
    this.#child?.stop();
    this.#child = undefined;
    this.#answered?.(undefined);
  }

  async #ask(commands: readonly string[]): Promise<Sizes | undefined> {
    if (this.#isClosed) return undefined;
    const child = this.#child ?? (await this.#start());
    this.#child = child;
    if (this.#hasClosed()) {
      this.#end();
      return undefined;
    }
    const answer = await new Promise<string | undefined>((resolve) => {
      const timer = setTimeout(() => this.#answered?.(undefined), answersWithin);
      this.#answered = (text) => {
        clearTimeout(timer);
        this.#answered = undefined;
        resolve(text);
      };
      this.#awaited += commands.length;
      child.stdin.write(commands.join(''));
    });
    if (answer === undefined) this.#end();
    return answer === undefined ? undefined : parseSizes(answer);
  }

  /** Read through a function, since the compiler believes what it saw before an await. */
  #hasClosed(): boolean {
    return this.#isClosed;
  }

  async #start(): Promise<Companion> {
    // Into a pipe it would print only when a buffer is full.
    const child = await startCompanion(['stdbuf', '-o0', 'ipset', '-'], this.#env);
    this.#heard = '';
    // The first prompt stands before any answer.
    this.#awaited = 1;
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (this.#child === child) this.#hear(text);
    });
    void child.ended.then(() => {
      if (this.#child === child) this.#end();
    });
    return child;
  }

  #hear(text: string): void {
    this.#heard += text;
    if (this.#heard.length > longestAnswer) this.#end();
    if (!this.#heard.endsWith(prompt) || this.#heard.split(prompt).length <= this.#awaited) return;
    this.#answered?.(this.#heard);
    this.#heard = '';
    this.#awaited = 0;
  }
}

/** What `ipset list -terse` printed, prompts and all. */
function parseSizes(text: string): Sizes {
  const sizes = new Map<string, number>();
  let name: string | undefined;
  for (const line of text.split('\n')) {
    const [, key, value = ''] = /^(?:ipset> )*(Name|Number of entries): (.*)$/.exec(line) ?? [];
    if (key === 'Name') name = value;
    else if (key !== undefined && name !== undefined) sizes.set(name, Number(value));
  }
  return sizes;
}
