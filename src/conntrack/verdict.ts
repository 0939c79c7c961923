import { outlivesDnat } from '../model/on-demand.ts';
import type { Chain, Rule, Target } from '../model/ruleset.ts';
import { type Question, questionOf } from './match.ts';
import type { Subject } from './subject.ts';

/** What our rules say of a connection; `none` leaves it to whoever comes after us. */
type Verdict = 'accept' | 'refuse' | 'none';

/** The names of our chains at the kernel's hooks. */
export interface Entries {
  readonly forward: string;
  readonly input: string;
  readonly output: string;
  readonly prerouting: string;
}

/** Rules made ready to judge many connections. */
export interface Judge {
  readonly filter: (subject: Subject) => Verdict;
  /** Whether one of our DNATs leads such a connection to where this one goes, and that only as long as it is there. */
  readonly translates: (subject: Subject) => boolean;
}

interface Ready {
  readonly ask: Question;
  readonly target: Target;
  /** What it translated goes on without it. */
  readonly isOutlived: boolean;
}

interface Walk {
  readonly subject: Subject;
  /** Something before may have let it pass: no later refusal is certain. */
  doubtful: boolean;
}

/** First match as the kernel walks, jumps and returns followed; where a match cannot be told, in favour of the connection. */
export function judgeBy(chains: readonly Chain[], entries: Entries): Judge {
  const ready = new Map(chains.map(({ name, rules }) => [name, rules.flatMap(readied)]));
  const walk = (chain: string, state: Walk, depth = 0): Verdict => {
    if (depth > mostJumps) return 'none';
    for (const { ask, target } of ready.get(chain) ?? []) {
      const answer = ask(state.subject, 'filter');
      if (answer === 'no') continue;
      switch (target.kind) {
        case 'accept':
          return 'accept';
        case 'drop':
        case 'reject':
          if (answer === 'yes' && !state.doubtful) return 'refuse';
          break;
        case 'return':
          if (answer === 'yes') return 'none';
          state.doubtful = true;
          break;
        case 'jump': {
          const inner: Walk = { ...state, doubtful: state.doubtful || answer === 'maybe' };
          const verdict = walk(target.chain, inner, depth + 1);
          if (verdict !== 'none') return verdict;
          break;
        }
        case 'log':
        case 'dnat':
        case 'masquerade':
        case 'notrack':
        case 'count':
        case 'mark':
        case 'connmark':
      }
    }
    return 'none';
  };
  return {
    filter: (subject) => walk(entries[subject.path], { subject, doubtful: false }),
    translates: (subject) => {
      for (const { ask, target, isOutlived } of ready.get(entries.prerouting) ?? []) {
        const answer = target.kind === 'dnat' ? ask(subject, 'nat') : 'no';
        if (answer === 'no' || target.kind !== 'dnat') continue;
        if (leadsThere(target, subject)) return !isOutlived;
        if (answer === 'yes') return false;
      }
      return false;
    },
  };
}

/** Our chains are four deep; what is deeper was not written by us. */
const mostJumps = 8;

function readied(rule: Rule): readonly Ready[] {
  const { match, target } = rule;
  if (['log', 'masquerade', 'count'].includes(target.kind)) return [];
  return [{ ask: questionOf(match), target, isOutlived: target.kind === 'dnat' && outlivesDnat(rule) }];
}

function leadsThere(
  { address, ports }: Extract<Target, { readonly kind: 'dnat' }>,
  { asked, reached }: Subject,
): boolean {
  if (address !== reached.text || reached.port === undefined) return address === reached.text;
  if (ports === undefined) return asked.port === reached.port;
  return ports.from <= reached.port && reached.port <= ports.to;
}
