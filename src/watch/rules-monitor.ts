import type { Argv } from '../host/command.ts';
import { isChainOfAnyInstance, isFramesOfAnyInstance } from '../model/ownership.ts';
import type { Process } from './culprits.ts';

/** Prints every transaction in the nft store, line by line, and at its end who made it. */
export const rulesMonitor: Argv = ['nft', 'monitor'];

/** One transaction in the rules of a namespace. */
export interface Transaction {
  /** Unknown where the kernel did not say, or transactions were missed. */
  readonly by?: Process;
  /** It touched, or may have touched, a chain of ours or one that our hooks are in. */
  readonly concerns: boolean;
}

/**
 * One transaction, of whatever size, ends with one such line (measured, nft 1.0 to 1.1); one that changes nothing has none. A process
 * whose name has a line's end in it is nobody we know.
 */
const generation = /^# new generation \d+(?: by process (\d+) \((?:(.*)\)$)?|$)/;
/** The kernel had more to say than there was room for. */
const lost = /^# ERROR: We lost/;
const inChain = /^(?:add|insert|create|replace|delete|destroy) (?:rule|chain) (\S+) \S+ (\S+)/;
const hooked: ReadonlySet<string> = new Set([
  'PREROUTING',
  'INPUT',
  'FORWARD',
  'OUTPUT',
  'POSTROUTING',
  'DOCKER-USER',
]);
/** Sets and their elements in nft's own store are none of ours, as our sets are ipset's. */
const neverOurs = /^(?:add|create|delete|destroy) (?:set|map|element|flowtable|counter|quota|limit) /;

/** What is in a table of nft's `bridge` family. */
const inFrames = /^[a-z]+ (?:set|element|rule|chain) bridge (\S+)/;

/** Reads the lines of one monitor. */
export class RulesMonitor {
  #concerns = false;

  /** The transaction that ends with this line, if one does. */
  read(line: string): Transaction | undefined {
    if (lost.test(line)) return { concerns: true };
    const ended = generation.exec(line);
    if (ended === null) {
      this.#concerns ||= concernsUs(line);
      return undefined;
    }
    const [, pid, name] = ended;
    const concerns = this.#concerns;
    this.#concerns = false;
    return name === undefined ? { concerns } : { concerns, by: { name, pid: Number(pid) } };
  }
}

/** Whatever is not known to be about others may be about us: a deleted table, say, or a line this program cannot read. */
function concernsUs(line: string): boolean {
  const [, table] = inFrames.exec(line) ?? [];
  if (table !== undefined) return isFramesOfAnyInstance(table);
  if (neverOurs.test(line)) return false;
  const [, family, chain] = inChain.exec(line) ?? [];
  if (family === undefined || chain === undefined) return line.trim() !== '';
  return (family === 'ip' || family === 'ip6') && (hooked.has(chain) || isChainOfAnyInstance(chain));
}
