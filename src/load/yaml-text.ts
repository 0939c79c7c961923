import {
  Composer,
  CST,
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type Node,
  Parser,
} from 'yaml';
import { maxDepth, type Place, type TextProblem } from './json-text.ts';
import { readPlainYaml } from './plain-yaml.ts';
import { printable, stepsOf } from './problem.ts';
import { checkYaml } from './yaml-check.ts';

/** What a YAML text holds: its value and a look-up of places, or its mistakes. */
export type YamlText =
  | { readonly ok: true; readonly value: unknown; readonly find: (pointer: string) => Place | undefined }
  | { readonly ok: false; readonly problems: readonly TextProblem[] };

/** Above this a YAML text takes the parser several seconds, in which nothing else happens. */
const maxLength = 2 * 1024 * 1024;
/** The first mistakes of syntax; the parser makes more of them than there are. */
const maxProblems = 100;

/** Reads one YAML 1.2 document of the core schema, with merge keys and without custom tags. */
export function parseYaml(text: string): YamlText {
  if (text.length > maxLength) {
    const hint = 'split it into several files, or write it as JSON';
    return failed({ offset: 0, code: 'too-large', message: 'a YAML file of more than 2 MiB', hint });
  }
  const deep = deepest(text);
  if (deep !== undefined) return failed(deep);
  const plain = readPlainYaml(text);
  return plain === undefined ? parseAnyYaml(text) : { ok: true, ...plain };
}

function failed(problem: TextProblem): YamlText {
  return { ok: false, problems: [problem] };
}

/** By the parser, whatever it is. */
export function parseAnyYaml(text: string): YamlText {
  const tokens = [...new Parser().parse(text)];
  const deep = tooDeep(tokens);
  if (deep !== undefined) return failed(nestedTooDeep(deep));
  const composer = new Composer({
    merge: true,
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'error',
    version: '1.2',
  });
  const [document, second] = composer.compose(tokens, true, text.length);
  if (document === undefined) throw new TypeError('a text holds at least one document, an empty one');
  const mistakes = [...document.errors.slice(0, maxProblems), ...document.warnings.slice(0, maxProblems)].map(
    explain,
  );
  if (second !== undefined) mistakes.push(secondDocument(second.range[0]));
  const problems = mistakes.length > 0 ? mistakes : checkYaml(document);
  if (problems.length > 0) return { ok: false, problems };
  const value: unknown = document.toJS({ maxAliasCount: -1 });
  return { ok: true, value, find: (pointer) => find(document, pointer) };
}

/** To take brackets within brackets apart takes the parser long: they are counted before it sees them. */
function deepest(text: string): TextProblem | undefined {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 91 || code === 123) depth++;
    else if ((code === 93 || code === 125) && depth > 0) depth--;
    if (depth > 4 * maxDepth) return nestedTooDeep(at);
  }
  return undefined;
}

/**
 * Where the first thing begins that is too deep, level by level. What is made of these tokens is made by recursion, and where that has all
 * but filled the stack V8 ends the whole process as soon as it has to compile a regular expression.
 */
function tooDeep(tokens: readonly CST.Token[]): number | undefined {
  let level: CST.Token[] = [];
  for (const token of tokens) if (token.type === 'document' && token.value) level.push(token.value);
  for (let depth = 0; level.length > 0; depth++) {
    const within: CST.Token[] = [];
    for (const token of level) {
      if (!CST.isCollection(token)) continue;
      if (depth === maxDepth) return token.offset;
      for (const { key, value } of token.items as readonly CST.CollectionItem[]) {
        if (key) within.push(key);
        if (value) within.push(value);
      }
    }
    level = within;
  }
  return undefined;
}

function nestedTooDeep(offset: number): TextProblem {
  return { offset, code: 'too-large', message: `nested more than ${maxDepth} levels deep` };
}

function secondDocument(offset: number): TextProblem {
  return {
    offset,
    code: 'syntax',
    message: 'a second document',
    hint: 'one document a file: remove the ---',
  };
}

function explain(error: Document['errors'][number] | Document['warnings'][number]): TextProblem {
  const offset = error.pos[0];
  switch (error.code) {
    case 'TAB_AS_INDENT':
      return {
        offset,
        code: 'syntax',
        message: 'a tab as indentation',
        hint: 'YAML is indented with spaces',
      };
    case 'TAG_RESOLVE_FAILED':
      return { offset, code: 'syntax', message: 'tags such as !this are not allowed' };
    case 'MULTILINE_IMPLICIT_KEY':
      return {
        offset,
        code: 'syntax',
        message: 'a key of several lines',
        hint: 'is a colon missing at the end of one?',
      };
    case 'BAD_INDENT':
      return { offset, code: 'syntax', message: 'this does not fit the indentation around it' };
    default:
      return {
        offset,
        code: 'syntax',
        message: shortened(printable(firstLower(error.message.split('\n')[0] ?? error.message))),
      };
  }
}

/** What the parser could make nothing of it repeats in full. */
const longestMessage = 300;

function shortened(text: string): string {
  return text.length > longestMessage ? `${text.slice(0, longestMessage)}…` : text;
}

function firstLower(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

function find(document: Document, pointer: string): Place | undefined {
  let node: Node | null = document.contents;
  let place: Place | undefined = { value: node?.range?.[0] ?? 0 };
  for (const step of stepsOf(pointer)) {
    if (isAlias(node)) node = node.resolve(document) ?? null;
    if (isSeq(node)) {
      node = nodeOrNull(node.items[Number(step)]);
      place = node?.range ? { value: node.range[0] } : undefined;
    } else if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === step);
      const key = isScalar(pair?.key) ? pair.key.range?.[0] : undefined;
      if (pair === undefined || key === undefined) return undefined;
      node = nodeOrNull(pair.value);
      place = { key, value: node?.range?.[0] ?? key };
    } else return undefined;
    if (place === undefined) return undefined;
  }
  return place;
}

function nodeOrNull(value: unknown): Node | null {
  return isNode(value) ? value : null;
}
