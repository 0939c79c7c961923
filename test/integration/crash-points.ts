import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ThrowawayHost } from '../host/throwaway-host.ts';
import { startEngineProxy } from './engine-proxy.ts';

/** The commands that write, and the arguments by which they only read. */
const writers = {
  'iptables-nft-restore': '',
  'ip6tables-nft-restore': '',
  dd: '',
  ip: ' show | monitor | -j ',
} as const;

/** Runs netwright and ends it by SIGKILL at one of the moments at which it has just changed something. */
export class CrashPoints {
  readonly #host: ThrowawayHost;
  readonly #folder: string;

  constructor(host: ThrowawayHost) {
    this.#host = host;
    this.#folder = join(host.folder, 'crash-points');
    mkdirSync(join(this.#folder, 'bin'), { recursive: true });
    for (const [program, reading] of Object.entries(writers)) this.#wrap(program, reading);
  }

  /**
   * Killed when the engine has its `at`-th request that changes something, or a command has made the `at`-th change, whichever of
   * them that is; what netwright was doing then, or undefined when it came to its end before.
   */
  async run(args: readonly string[], file: object | undefined, at: number): Promise<string | undefined> {
    writeFileSync(join(this.#folder, 'steps'), '');
    writeFileSync(join(this.#folder, 'limit'), `${at}\n`);
    const steps = () => readFileSync(join(this.#folder, 'steps'), 'utf8').split('\n').slice(0, -1);
    let killed: Promise<unknown> = Promise.resolve();
    const proxy = await startEngineProxy(this.#host, {
      sent: (call) => {
        writeFileSync(join(this.#folder, 'steps'), `${call}\n`, { flag: 'a' });
        if (steps().length === at) killed = netwright.then((child) => child.kill('SIGKILL'));
      },
    });
    const env = {
      DOCKER_HOST: proxy.dockerHost,
      PATH: `${join(this.#folder, 'bin')}:${process.env['PATH'] ?? ''}`,
    };
    const netwright = this.#host.startNetwright(args, { ...(file !== undefined && { file }), env });
    const child = await netwright;
    const exitCode = await child.exited;
    await killed;
    await proxy.close();
    if (steps().length >= at) return steps()[at - 1];
    if (exitCode !== 0)
      throw new Error(`${args.join(' ')}: exit code ${exitCode}\n${child.lines.join('\n')}`);
    return undefined;
  }

  #wrap(program: string, reading: string): void {
    const file = join(this.#folder, 'bin', program);
    const real = `PATH="\${PATH#*:}" ${program} "$@"`;
    const script = [
      '#!/bin/bash',
      ...(reading === ''
        ? []
        : [
            `[[ " $* " =~ ${reading
              .split('|')
              .map((word) => `"${word}"`)
              .join('|')} ]] && PATH="\${PATH#*:}" exec ${program} "$@"`,
          ]),
      real,
      'code=$?',
      `echo "${program} $*" >>'${this.#folder}/steps'`,
      `[ "$(wc -l <'${this.#folder}/steps')" = "$(cat '${this.#folder}/limit')" ] || exit $code`,
      // What starts several of them for netwright is ended with it.
      'read -r _ name _ above _ </proc/$PPID/stat',
      'if [ "$name" = "(find)" ]; then kill -9 "$above" $PPID; else kill -9 $PPID; fi',
      'exit $code',
    ];
    writeFileSync(file, `${script.join('\n')}\n`);
    chmodSync(file, 0o755);
  }
}
