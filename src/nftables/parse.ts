import { boundsOf, parseAddress } from '../model/address.ts';
import { hookText, type ObservedFrames } from '../model/frames.ts';

type Fields = Readonly<Record<string, unknown>>;

/** The table in the output of `nft -j list table bridge NAME`, in the texts of `frameTexts`; what is not written by us is told apart from it. */
export function parseFrames(json: string): ObservedFrames {
  const sets = new Map<string, string[]>();
  const chains = new Map<string, string[]>();
  for (const entry of listOf(fieldsOf(JSON.parse(json))['nftables'])) {
    const { set, chain, rule, table, metainfo, ...others } = fieldsOf(entry);
    if (set !== undefined) readSet(fieldsOf(set), sets);
    else if (chain !== undefined) readChain(fieldsOf(chain), chains);
    else if (rule !== undefined) readRule(fieldsOf(rule), chains);
    else if (table === undefined && metainfo === undefined) sets.set(JSON.stringify(others), []);
  }
  return { sets, chains };
}

function readSet({ name, type, elem, flags }: Fields, sets: Map<string, string[]>): void {
  const of = [type].flat().map(wordOf).join(' . ');
  const elements = listOf(elem).map(elementText).toSorted();
  sets.set(wordOf(name), [flags === undefined ? of : `${of} ${JSON.stringify(flags)}`, ...elements]);
}

function elementText(element: unknown): string {
  if (typeof element === 'string') return canonical(element);
  const { concat, ...others } = fieldsOf(element);
  if (!Array.isArray(concat) || Object.keys(others).length > 0) return JSON.stringify(element);
  return concat.map((part) => canonical(wordOf(part))).join(' . ');
}

function canonical(text: string): string {
  return parseAddress(text) ?? text;
}

function readChain({ name, hook, prio, policy }: Fields, chains: Map<string, string[]>): void {
  const text =
    hook === undefined
      ? hookText(undefined)
      : hookText(wordOf(hook), Number(prio), policy === undefined ? 'accept' : wordOf(policy));
  chains.set(wordOf(name), [text]);
}

function readRule({ chain, expr }: Fields, chains: Map<string, string[]>): void {
  const texts = listOf(expr).map(
    (statement) => statementText(fieldsOf(statement)) ?? JSON.stringify(statement),
  );
  const known = chains.get(wordOf(chain)) ?? [];
  known.push(texts.join(' '));
  chains.set(wordOf(chain), known);
}

function statementText(statement: Fields): string | undefined {
  const [only] = Object.entries(statement);
  const [kind, value] = only ?? ['', undefined];
  if (kind === 'accept' || kind === 'drop') return kind;
  if (kind === 'jump') return `jump ${wordOf(fieldsOf(value)['target'])}`;
  if (kind !== 'match') return undefined;
  const { op, left, right } = fieldsOf(value);
  const field = fieldText(fieldsOf(left));
  if (field === undefined || (op !== '==' && op !== '!=')) return undefined;
  const not = op === '!=' ? '!= ' : '';
  return `${field} ${not}${valueText(right, field)}`;
}

function fieldText(left: Fields): string | undefined {
  const { concat, meta, payload } = left;
  if (Array.isArray(concat)) {
    const parts = concat.map((part) => fieldText(fieldsOf(part)));
    return parts.includes(undefined) ? undefined : parts.join(' . ');
  }
  if (meta !== undefined) return wordOf(fieldsOf(meta)['key']);
  if (payload !== undefined) return payloadText(fieldsOf(payload));
  const masked = listOf(left['&']);
  const [inner, mask] = masked;
  const field = inner === undefined ? undefined : fieldText(fieldsOf(inner));
  return field === undefined ? undefined : `${field} & ${wordOf(mask)}`;
}

/** Newer ones know this part of a packet by name (nft 1.1.3; 1.0.6 does not). */
const target = '@th,64,128';

function payloadText({ protocol, field, base, offset, len }: Fields): string {
  if (base !== undefined) return `@${wordOf(base)},${wordOf(offset)},${wordOf(len)}`;
  const name = `${wordOf(protocol)} ${wordOf(field)}`;
  return name === 'icmpv6 taddr' ? target : name;
}

function valueText(right: unknown, field: string): string {
  const { set, prefix } = fieldsOf(right);
  if (Array.isArray(set)) return `{ ${set.map(wordOf).toSorted().join(', ')} }`;
  if (prefix !== undefined) {
    const { addr, len } = fieldsOf(prefix);
    return `${canonical(wordOf(addr))}/${wordOf(len)}`;
  }
  if (field === target) return hexadecimalOf(wordOf(right));
  return canonical(wordOf(right));
}

function hexadecimalOf(text: string): string {
  if (/^0x[0-9a-f]+$/.test(text)) return `0x${BigInt(text).toString(16)}`;
  return parseAddress(text) === undefined ? text : `0x${boundsOf(text)[0].toString(16)}`;
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function wordOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
