import type { Chance } from '../chance.ts';
import { goodFiles } from './good-files.ts';
import { hostileTexts, hostileValues, type Json } from './hostile-values.ts';

/** The value with one part of it changed, and what was done. */
export function mutatedValue(value: Json, chance: Chance): { readonly how: string; readonly value: Json } {
  const [how, mutate] = chance.anyOf(valueMutations);
  return { how, value: somewhere(value, chance, (part) => mutate(part, chance)) };
}

type ValueMutation = readonly [name: string, mutate: (value: Json, chance: Chance) => Json];

const valueMutations: readonly ValueMutation[] = [
  ['a hostile value', (_, chance) => chance.anyOf(hostileValues)],
  ['a hostile text', (value, chance) => (isList(value) || isMap(value) ? value : chance.anyOf(hostileTexts))],
  ['another part', (_, chance) => anywhere(chance.anyOf(goodFiles), chance)],
  ['what the same key says elsewhere', sameKeyElsewhere],
  ['what the same key says elsewhere', sameKeyElsewhere],
  ['a known key more', knownKeyMore],
  ['a known key more', knownKeyMore],
  ['a list of it', (value) => [value]],
  ['twice', (value) => (isList(value) ? [...value, ...value] : value)],
  [
    'one less',
    (value, chance) => (isList(value) ? value.toSpliced(chance.below(value.length + 1), 1) : value),
  ],
  ['turned round', (value) => (isList(value) ? value.toReversed() : value)],
  [
    'a key less',
    (value, chance) => {
      if (!isMap(value)) return value;
      const entries = Object.entries(value);
      return Object.fromEntries(entries.toSpliced(chance.below(entries.length + 1), 1));
    },
  ],
  [
    'a key more',
    (value, chance) =>
      isMap(value)
        ? {
            ...value,
            [chance.anyOf(hostileTexts)]: anywhere(chance.anyOf(goodFiles), chance),
          }
        : value,
  ],
  [
    'a key renamed',
    (value, chance) => {
      if (!isMap(value)) return value;
      const entries = Object.entries(value);
      const at = chance.below(entries.length + 1);
      return Object.fromEntries(
        entries.map(([key, inner], index) => [index === at ? chance.anyOf(hostileTexts) : key, inner]),
      );
    },
  ],
  [
    'a number near it',
    (value, chance) =>
      typeof value === 'number' ? value + chance.anyOf([1, -1, 0.5, 65_536, -value, 1e21]) : value,
  ],
  ['a text near it', (value, chance) => (typeof value === 'string' ? nearText(value, chance) : value)],
];

function nearText(text: string, chance: Chance): string {
  const at = chance.below(text.length + 1);
  const put = chance.oneOf(['', '1', '-', '.', '/', ':', ' ', 'a', '\n', '"', '/33', ',']);
  return text.slice(0, at) + put + text.slice(at + chance.below(2));
}

/** Every value that a key has in a good file. */
const goodValues = new Map<string, Json[]>();
for (const file of goodFiles) collect(file);

function collect(value: Json): void {
  if (isList(value)) value.forEach(collect);
  else if (isMap(value))
    for (const [key, inner] of Object.entries(value)) {
      goodValues.set(key, [...(goodValues.get(key) ?? []), inner]);
      collect(inner);
    }
}

function sameKeyElsewhere(value: Json, chance: Chance): Json {
  if (!isMap(value) || Object.keys(value).length === 0) return value;
  const key = chance.anyOf(Object.keys(value));
  return { ...value, [key]: chance.anyOf(goodValues.get(key) ?? [null]) };
}

/** In a good file the key may be one of another kind of entry. */
function knownKeyMore(value: Json, chance: Chance): Json {
  if (!isMap(value)) return value;
  const key = chance.anyOf([...goodValues.keys()]);
  return { ...value, [key]: chance.anyOf(goodValues.get(key) ?? [null]) };
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function isMap(value: Json): value is { readonly [key: string]: Json } {
  return value !== null && typeof value === 'object' && !isList(value);
}

/** A part of the value, at any depth. */
function anywhere(value: Json, chance: Chance): Json {
  const children = isList(value) ? value : isMap(value) ? Object.values(value) : [];
  return children.length === 0 || chance.isOnceIn(4) ? value : anywhere(chance.anyOf(children), chance);
}

/** The value with a part of it, at any depth, changed. */
function somewhere(value: Json, chance: Chance, change: (part: Json) => Json): Json {
  if (chance.isOnceIn(6)) return change(value);
  if (isList(value) && value.length > 0) {
    const at = chance.below(value.length);
    return value.map((inner, index) => (index === at ? somewhere(inner, chance, change) : inner));
  }
  if (isMap(value) && Object.keys(value).length > 0) {
    const at = chance.anyOf(Object.keys(value));
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [
        key,
        key === at ? somewhere(inner, chance, change) : inner,
      ]),
    );
  }
  return change(value);
}
