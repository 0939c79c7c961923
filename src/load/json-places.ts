import type { Place } from './json-text.ts';
import { stepsOf } from './problem.ts';

/** The entries of one map or list: by key, or by index. */
type Entries = ReadonlyMap<string, Place> | readonly number[];

/** Maps and lists down to this depth are read once, the entries within theirs each time they are asked for. */
const keptDepth = 1;

/**
 * A look-up of where a value of a well-formed text is, by JSON pointer. It keeps a number for each entry of a section and nothing of what
 * is within: a daemon holds it for as long as the file is in force.
 */
export function jsonPlaces(text: string): (pointer: string) => Place | undefined {
  const kept = new Map<number, Entries>();
  const entriesAt = (at: number, depth: number): Entries => {
    const known = kept.get(at);
    if (known !== undefined) return known;
    const entries = text.charCodeAt(at) === bracket ? itemsOf(text, at) : membersOf(text, at);
    if (depth <= keptDepth) kept.set(at, entries);
    return entries;
  };
  return (pointer) => {
    let place: Place | undefined = { value: afterSpace(text, 0) };
    for (const [depth, step] of stepsOf(pointer).entries()) {
      const entries = entriesAt(place.value, depth);
      place = 'get' in entries ? entries.get(step) : placeIn(entries, step);
      if (place === undefined) return undefined;
    }
    return place;
  };
}

const [quotes, comma, bracket, brace] = [34, 44, 91, 123];
const index = /^(0|[1-9][0-9]*)$/;

function placeIn(items: readonly number[], step: string): Place | undefined {
  const value = index.test(step) ? items[Number(step)] : undefined;
  return value === undefined ? undefined : { value };
}

/** What is neither a map nor a list has no entries. */
function membersOf(text: string, start: number): ReadonlyMap<string, Place> {
  const members = new Map<string, Place>();
  if (text.charCodeAt(start) !== brace) return members;
  let at = afterSpace(text, start + 1);
  while (text.charCodeAt(at) === quotes) {
    const key = at;
    const end = afterText(text, key);
    const value = afterSpace(text, afterSpace(text, end) + 1);
    members.set(String(JSON.parse(text.slice(key, end))), { key, value });
    at = afterComma(text, value);
  }
  return members;
}

function itemsOf(text: string, start: number): readonly number[] {
  const items: number[] = [];
  let at = afterSpace(text, start + 1);
  while (at < text.length && text[at] !== ']') {
    items.push(at);
    at = afterComma(text, at);
  }
  return items;
}

/** Where the entry after this one begins, or the bracket that ends them. */
function afterComma(text: string, value: number): number {
  const end = afterSpace(text, afterValue(text, value));
  return text.charCodeAt(end) === comma ? afterSpace(text, end + 1) : end;
}

function afterValue(text: string, start: number): number {
  const first = text.charCodeAt(start);
  if (first === quotes) return afterText(text, start);
  const isNested = first === bracket || first === brace;
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === quotes) at = afterText(text, at) - 1;
    else if (code === bracket || code === brace) depth++;
    else if (code === bracket + 2 || code === brace + 2) {
      depth--;
      if (depth === 0) return at + 1;
      if (depth < 0) return at;
    } else if (!isNested && (code === comma || code <= 32)) return at;
  }
  return text.length;
}

function afterText(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end === -1 ? text.length : end + 1;
}

function isEscaped(text: string, at: number): boolean {
  let before = at - 1;
  while (text[before] === '\\') before--;
  return (at - before) % 2 === 0;
}

function afterSpace(text: string, start: number): number {
  let at = start;
  while (text.charCodeAt(at) <= 32) at++;
  return at;
}
