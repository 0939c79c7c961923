import { parseAddress } from '../model/address.ts';
import { parseJson } from './json.ts';

/** An object of ip's JSON: nothing about it is certain. */
export type Entry = Readonly<Record<string, unknown>>;

/** The objects that `ip -j` printed; nothing is none. Throws only for what is not JSON. */
export function entriesOf(json: string): readonly Entry[] {
  if (json.trim() === '') return [];
  const found = parseJson(json);
  return Array.isArray(found) ? found.filter(isEntry) : [];
}

/** Whether it is an object, and no list. */
export function isEntry(value: unknown): value is Entry {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A text, or a number as one; undefined for anything else. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : typeof value === 'number' ? `${value}` : undefined;
}

/** A canonical address; undefined for what is none. */
export function readAddress(value: unknown): string | undefined {
  const text = textOf(value);
  return text === undefined ? undefined : parseAddress(text);
}
