import { type Document, isAlias, isCollection, isMap, isPair, isScalar, type Node } from 'yaml';
import { maxDepth, maxValues, type TextProblem } from './json-text.ts';
import { quote } from './problem.ts';

/**
 * The mistakes of a parsed YAML document that its parser finds too slowly or not at all: keys that are there twice, aliases
 * without an anchor before them, and aliases that make more of the text than any configuration is.
 */
export function checkYaml(document: Document): readonly TextProblem[] {
  const problems: TextProblem[] = [];
  const sizes = new Map<string, number>();
  const say = (node: Node, problem: Omit<TextProblem, 'offset'>): void => {
    problems.push({ offset: node.range?.[0] ?? 0, ...problem });
  };

  const checkKeys = (map: Node): void => {
    if (!isMap(map)) return;
    const keys = new Set<string>();
    for (const { key } of map.items) {
      if (!isScalar(key)) continue;
      const text = String(key.value);
      if (keys.has(text) && text !== '<<') {
        say(key, { code: 'duplicate-key', message: `the key ${quote(text)} is there twice` });
      }
      keys.add(text);
    }
  };

  /** How many values the node stands for, its aliases written out; anchors are measured before what uses them. */
  const measure = (node: unknown, depth: number): number => {
    if (isPair(node)) return measure(node.key, depth) + measure(node.value, depth);
    if (isAlias(node)) {
      const size = sizes.get(node.source);
      if (size === undefined) {
        say(node, {
          code: 'syntax',
          message: `the alias ${quote(`*${node.source}`)} has no anchor before it`,
        });
      }
      return size ?? 1;
    }
    let size = 1;
    if (isCollection(node)) {
      if (depth === maxDepth) {
        say(node, { code: 'too-large', message: `nested more than ${maxDepth} levels deep` });
        return 1;
      }
      checkKeys(node);
      for (const item of node.items) size += measure(item, depth + 1);
      if (node.anchor !== undefined) sizes.set(node.anchor, size);
    } else if (isScalar(node) && node.anchor !== undefined) sizes.set(node.anchor, 1);
    return size;
  };

  if (measure(document.contents, 0) > maxValues) {
    problems.push({
      offset: 0,
      code: 'too-large',
      message: 'more than a million values, aliases written out',
    });
  }
  return problems;
}
