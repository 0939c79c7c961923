import type { Ownership } from '../model/ownership.ts';
import type {
  CountedRule,
  Family,
  ObservedJump,
  ObservedTable,
  TableName,
  UnreadRule,
} from '../model/ruleset.ts';
import { parseRule } from './parse-rule.ts';
import { logicalLines } from './words.ts';

/** One table while its lines are read. */
interface Reading {
  readonly table: TableName;
  readonly chains: Map<string, (CountedRule | UnreadRule)[]>;
  readonly foreignChains: Set<string>;
  readonly jumps: ObservedJump[];
  /** How many rules each foreign chain has so far. */
  readonly lengths: Map<string, number>;
  otherwiseEmpty: boolean;
}

const jump = /^-j (\S+)$/;
/** What Docker puts first in a container's nat chains, and again: it sees only its own resolver's packets. */
const engineDns = /^-d 127\.0\.0\.11\/32 (-\S+ \S+ )*-j DOCKER_/;

/**
 * The tables in the output of iptables-save (ip6tables-save for family 6), of nft or legacy, with or without counters. A rule in a chain
 * of ours that is not one `renderRule` writes is `unread`; every unconditional `-j` in a foreign chain is a jump, `-j ACCEPT` too.
 * A table the output does not name is not in the result: it does not exist, or (nft) holds what iptables-save cannot print.
 */
export function parseSave(text: string, family: Family, ownership: Ownership): ObservedTable[] {
  const tables: Reading[] = [];
  let table: Reading | undefined;
  for (const line of logicalLines(text)) {
    const first = line[0];
    if (first === '*') {
      table = open(line.slice(1).trim());
      if (table !== undefined) tables.push(table);
    }
    if (table === undefined) continue;
    if (first === ':') readChain(table, line, ownership);
    else if (first === '-') readRule(table, line, 0, family, ownership);
    else if (first === '[') readRule(table, line, line.indexOf('] ') + 2, family, ownership);
    else if (line === 'COMMIT') table = undefined;
  }
  return tables.map(({ table, chains, foreignChains, jumps, otherwiseEmpty }) => ({
    family,
    table,
    chains,
    foreignChains,
    jumps,
    otherwiseEmpty,
  }));
}

function open(name: string): Reading | undefined {
  if (name !== 'raw' && name !== 'mangle' && name !== 'nat' && name !== 'filter') return undefined;
  return {
    table: name,
    chains: new Map(),
    foreignChains: new Set(),
    jumps: [],
    lengths: new Map(),
    otherwiseEmpty: true,
  };
}

/** `:FORWARD ACCEPT [0:0]` is a built-in chain and its policy, `:DOCKER - [0:0]` one that somebody made. */
function readChain(table: Reading, line: string, ownership: Ownership): void {
  const [name = '', policy] = line.slice(1).split(' ');
  if (ownership.ownsChain(name)) {
    table.chains.set(name, []);
    return;
  }
  table.foreignChains.add(name);
  if (policy !== 'ACCEPT') table.otherwiseEmpty = false;
}

/** The rule itself begins after its counters, `[12:3400] `, where they were asked for. */
function readRule(table: Reading, line: string, from: number, family: Family, ownership: Ownership): void {
  if (!line.startsWith('-A ', from)) return;
  const space = line.indexOf(' ', from + 3);
  const chain = line.slice(from + 3, space === -1 ? undefined : space);
  const text = space === -1 ? '' : line.slice(space + 1);
  const own = table.chains.get(chain);
  if (own !== undefined) {
    const rule = parseRule(text, family);
    if (rule === undefined) own.push({ unread: text });
    else own.push(from === 0 ? rule : { ...rule, ...countersOf(line, from) });
    return;
  }
  const position = (table.lengths.get(chain) ?? 0) + 1;
  // In OUTPUT it is those that ours is about.
  if (chain === 'OUTPUT' || !engineDns.test(text)) table.lengths.set(chain, position);
  const to = jump.exec(text)?.[1];
  if (to !== undefined) table.jumps.push({ chain, position, to });
  if (to === undefined || !ownership.ownsChain(to)) table.otherwiseEmpty = false;
}

function countersOf(line: string, end: number): Required<Pick<CountedRule, 'packets' | 'bytes'>> {
  const colon = line.indexOf(':');
  return { packets: Number(line.slice(1, colon)), bytes: Number(line.slice(colon + 1, end - 2)) };
}
