import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

/** In ms; together shorter than a test may take, so that what goes on is told of. */
const [longestBegin, longestEnd] = [10_000, 40_000];

interface Waiting {
  readonly pattern: RegExp;
  readonly found: (line: string) => void;
  readonly ended: () => void;
}

/** A running command on a throwaway host: its output as lines, both streams in the order in which they came. */
export class HostProcess {
  /** Every line so far. */
  readonly lines: string[] = [];
  /** Resolves with the exit code, or with `undefined` when a signal ended it. */
  readonly exited: Promise<number | undefined>;
  readonly #title: string;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #pidOf: () => number | undefined;
  #waiting: Waiting | undefined;
  #seen = 0;
  #isOver = false;

  constructor(title: string, child: ChildProcessWithoutNullStreams, pidOf: () => number | undefined) {
    this.#title = title;
    this.#child = child;
    this.#pidOf = pidOf;
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        this.lines.push(line);
        this.#look();
      });
    }
    child.stdin.on('error', () => undefined);
    this.exited = new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code) => {
        this.#isOver = true;
        this.#giveUp();
        resolve(code ?? undefined);
      });
    });
  }

  /**
   * Resolves with the next matching line, each line being considered once: a second wait for the same pattern waits for
   * a new line. Rejects with all output after `timeoutMs` (default 20 000) or when the command ends without it.
   */
  async waitForLine(pattern: RegExp, timeoutMs = 20_000): Promise<string> {
    return await new Promise((resolve, reject) => {
      const fail = (why: string) => {
        this.#waiting = undefined;
        clearTimeout(timer);
        reject(
          new Error(
            `${this.#title}: ${why} a line like ${String(pattern)}; its output:\n${this.lines.join('\n')}`,
          ),
        );
      };
      const timer = setTimeout(() => fail(`not within ${timeoutMs} ms`), timeoutMs);
      const found = (line: string) => {
        this.#waiting = undefined;
        clearTimeout(timer);
        resolve(line);
      };
      this.#waiting = { pattern, found, ended: () => fail('ended without') };
      this.#look();
      if (this.#isOver) this.#giveUp();
    });
  }

  /** Lets the waits that follow consider only what is printed from now on. */
  forget(): void {
    this.#seen = this.lines.length;
  }

  write(text: string): void {
    this.#child.stdin.write(text);
  }

  endInput(): void {
    this.#child.stdin.end();
  }

  /** Sends the signal to the command itself, as soon as it runs. */
  async signal(name: NodeJS.Signals): Promise<void> {
    const deadline = performance.now() + longestBegin;
    // What nsenter is to start may not have begun yet.
    while (this.#pidOf() === undefined && !this.#isOver && performance.now() < deadline) await sleep(10);
    const pid = this.#pidOf();
    if (pid !== undefined && !this.#isOver) process.kill(pid, name);
  }

  /** As `signal`, and resolves as `exited` does; rejects with all output when the command goes on for long. */
  async kill(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | undefined> {
    await this.signal(signal);
    const output = () => this.lines.join('\n');
    let timer: NodeJS.Timeout | undefined;
    const goesOn = new Promise<never>((_, reject) => {
      const tell = () =>
        reject(new Error(`${this.#title}: goes on after ${signal}; its output:\n${output()}`));
      timer = setTimeout(tell, longestEnd);
    });
    try {
      return await Promise.race([this.exited, goesOn]);
    } finally {
      clearTimeout(timer);
    }
  }

  #giveUp(): void {
    this.#waiting?.ended();
  }

  #look(): void {
    while (this.#waiting !== undefined && this.#seen < this.lines.length) {
      const line = this.lines[this.#seen] ?? '';
      this.#seen += 1;
      if (this.#waiting.pattern.test(line)) this.#waiting.found(line);
    }
  }
}
