import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isPair,
  isScalar,
  isSeq,
  type Node,
  type Scalar,
} from 'yaml';
import { maxDepth, maxValues, type TextProblem, twice } from './json-text.ts';
import { quote } from './problem.ts';

/** For each alias the parser goes through all anchors and aliases before it: twice as many take four times as long. */
const maxReferences = 20_000;

/** How many values a node stands for, its aliases written out, and what a merge would find it to be. */
interface Measured {
  readonly size: number;
  readonly kind: 'map' | 'maps' | 'other';
}

const single: Measured = { size: 1, kind: 'other' };

/**
 * The mistakes of a parsed YAML document that its parser finds too slowly or not at all: keys that are there twice, aliases
 * without an anchor before them or within their own, merges of what is no map, and aliases that make more of the text than any
 * configuration is.
 */
export function checkYaml(document: Document): readonly TextProblem[] {
  const problems: TextProblem[] = [];
  /** As an alias here would find them: the last that began before it, which is `open` until all of it is measured. */
  const anchors = new Map<string, { measured: Measured | 'open' }>();
  let references = 0;
  const say = (node: Node, problem: Omit<TextProblem, 'offset'>): void => {
    problems.push({ offset: node.range?.[0] ?? 0, ...problem });
  };

  const checkKeys = (map: Node): void => {
    if (!isMap(map)) return;
    const keys = new Map<string, number>();
    for (const { key } of map.items) {
      if (!isScalar(key) || isMergeKey(key)) continue;
      const text = String(key.value);
      const [offset = 0] = key.range ?? [];
      const first = keys.get(text);
      if (first === undefined) keys.set(text, offset);
      else problems.push(twice(offset, first, text));
    }
  };

  const measureAlias = (source: string, node: Node): Measured => {
    references++;
    const measured = anchors.get(source)?.measured;
    if (measured !== undefined && measured !== 'open') return measured;
    const why = measured === 'open' ? 'is within what it stands for' : 'has no anchor before it';
    say(node, { code: 'syntax', message: `the alias ${quote(`*${source}`)} ${why}` });
    return { size: 1, kind: 'map' };
  };

  const measurePair = (key: unknown, value: unknown, depth: number): number => {
    const size = measure(key, depth).size;
    const measured = measure(value, depth);
    if (isScalar(key) && isMergeKey(key) && measured.kind === 'other') {
      const hint = 'merge an anchor of a map, or a list of these: <<: *name';
      say(key, { code: 'syntax', message: 'only a map can be merged', hint });
    }
    return size + measured.size;
  };

  const measureNode = (node: unknown, depth: number): Measured => {
    if (!isCollection(node)) return single;
    if (depth === maxDepth) {
      say(node, { code: 'too-large', message: `nested more than ${maxDepth} levels deep` });
      return single;
    }
    checkKeys(node);
    let size = 1;
    let allMaps = true;
    for (const item of node.items) {
      const inner = isPair(item)
        ? { size: measurePair(item.key, item.value, depth + 1), kind: 'other' as const }
        : measure(item, depth + 1);
      size += inner.size;
      allMaps &&= inner.kind === 'map';
    }
    if (isMap(node)) return { size, kind: 'map' };
    return { size, kind: isSeq(node) && allMaps ? 'maps' : 'other' };
  };

  const measure = (node: unknown, depth: number): Measured => {
    if (isAlias(node)) return measureAlias(node.source, node);
    const anchor = isCollection(node) || isScalar(node) ? node.anchor : undefined;
    if (anchor === undefined) return measureNode(node, depth);
    references++;
    const entry: { measured: Measured | 'open' } = { measured: 'open' };
    anchors.set(anchor, entry);
    const measured = measureNode(node, depth);
    entry.measured = measured;
    return measured;
  };

  if (measure(document.contents, 0).size > maxValues) {
    problems.push({
      offset: 0,
      code: 'too-large',
      message: 'more than a million values, aliases written out',
    });
  }
  if (references > maxReferences) {
    const message = `more than ${maxReferences} anchors and aliases`;
    problems.push({ offset: 0, code: 'too-large', message, hint: 'write out what they stand for' });
  }
  return problems;
}

/** The parser makes a symbol of a plain `<<`, but for one with a tag; one in quotes merges nothing. */
function isMergeKey({ value, type }: Scalar): boolean {
  return typeof value === 'symbol' || (value === '<<' && (type === undefined || type === 'PLAIN'));
}
