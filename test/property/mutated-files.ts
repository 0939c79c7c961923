import { stringify } from 'yaml';
import type { Chance } from '../chance.ts';
import { goodFiles, goodTexts } from './good-files.ts';
import { byteMutations } from './mutated-bytes.ts';
import { mutatedValue } from './mutated-values.ts';

/** A file that was once in order, and what was done to it. */
export interface MutatedFile {
  readonly name: 'a.json' | 'a.yaml';
  readonly bytes: Buffer;
  readonly how: string;
}

/** The next file: one to three mutations, of the text's bytes or of what it says. */
export function mutatedFile(chance: Chance): MutatedFile {
  const mutations = 1 + chance.below(3);
  return chance.isOnceIn(3) ? changedInBytes(chance, mutations) : changedInMeaning(chance, mutations);
}

function changedInBytes(chance: Chance, mutations: number): MutatedFile {
  const text = chance.anyOf(goodTexts);
  let bytes: Buffer = Buffer.from(text);
  const how: string[] = [];
  for (let at = 0; at < mutations; at++) {
    const [name, mutate] = chance.anyOf(byteMutations);
    bytes = mutate(bytes, chance);
    how.push(name);
  }
  return { name: text.trimStart().startsWith('{') ? 'a.json' : 'a.yaml', bytes, how: how.join(', ') };
}

function changedInMeaning(chance: Chance, mutations: number): MutatedFile {
  let value = chance.anyOf(goodFiles);
  const done: string[] = [];
  for (let at = 0; at < mutations; at++) {
    const mutated = mutatedValue(value, chance);
    value = mutated.value;
    done.push(mutated.how);
  }
  const how = done.join(', ');
  if (chance.isOnceIn(2)) {
    const json = JSON.stringify(value, undefined, chance.below(3));
    return { name: 'a.json', bytes: Buffer.from(json), how };
  }
  const style = { collectionStyle: chance.oneOf(['block', 'flow', 'any']), lineWidth: 0 } as const;
  return { name: 'a.yaml', bytes: Buffer.from(stringify(value, style)), how };
}
