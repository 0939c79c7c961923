import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type Dockerode from 'dockerode';
import type { Container, ContainerOptions } from './container.ts';

/** The program that sends and captures frames. */
export const framesProgram = fileURLToPath(new URL('./frames.pl', import.meta.url));

/** What a container needs in which frames are sent: the Perl of the engine's root, read only. */
export const withPerl: ContainerOptions = {
  binds: ['/usr:/usr:ro', '/usr/lib:/lib:ro', '/usr/lib64:/lib64:ro'],
};

/** A program in a container, started by the engine: it may do what the container may do, and nothing else. */
export class FrameSender {
  readonly #input: NodeJS.WritableStream;
  readonly #answers: AsyncIterator<string>;

  private constructor(input: NodeJS.WritableStream, output: NodeJS.ReadableStream) {
    this.#input = input;
    this.#answers = createInterface({ input: output })[Symbol.asyncIterator]();
  }

  static async start(docker: Dockerode, { name }: Container): Promise<FrameSender> {
    const exec = await docker.getContainer(name).exec({
      Cmd: ['/usr/bin/perl', '-e', readFileSync(framesProgram, 'utf8')],
      AttachStdin: true,
      AttachStdout: true,
      AttachStderr: true,
    });
    const stream = await exec.start({ hijack: true, stdin: true });
    const output = new PassThrough();
    docker.modem.demuxStream(stream, output, output);
    stream.on('end', () => output.end());
    return new FrameSender(stream, output);
  }

  /** Sends the frames, all of them `times` times; resolves with what the kernel has against it, else with `ok`. */
  async send(frames: readonly Buffer[], times = 1): Promise<string> {
    return await this.#ask(`send eth0 ${times} ${frames.map((frame) => frame.toString('hex')).join(' ')}`);
  }

  /** By an ordinary socket. */
  async udp(address: string, port: number, text: string): Promise<string> {
    return await this.#ask(`udp ${address} ${port} ${text}`);
  }

  /** By the container's shell. */
  async run(command: string): Promise<string> {
    return await this.#ask(`run ${command}`);
  }

  async #ask(line: string): Promise<string> {
    this.#input.write(`${line}\n`);
    const next: IteratorResult<string, unknown> = await this.#answers.next();
    if (next.done === true) throw new Error('the program that sends frames has ended');
    if (next.value !== 'ok' && !next.value.startsWith('no ')) throw new Error(next.value);
    return next.value;
  }
}
