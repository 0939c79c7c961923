import type { Check } from '../../schemas/validate.d.mts';
import { discovery, ip, network, onDemand, policy, routing, shell } from '../../schemas/validate.mjs';
import type { NetworksFile } from '../model/networks-file.ts';
import { type Report, within } from './problem.ts';
import { sameValue } from './same-value.ts';
import { explain } from './sentences.ts';

/** What the schema leaves of a file: the entries without mistakes, and whether that is all of them. */
export interface Validated {
  readonly file: NetworksFile;
  readonly complete: boolean;
}

/** What checks each entry of a section. */
const entries = {
  networks: network,
  ips: ip,
  policies: policy,
  routing,
  discovery,
  on_demand: onDemand,
} as const;

/** Mistakes beyond this many in one file are not turned into sentences; nobody reads them. */
const maxFindings = 2000;

/**
 * Checks a file against the schema; every mistake is reported as a sentence. A policy that says the same as in `former`, which had no
 * mistake, is that one's own object.
 */
export function checkSchema(
  file: string,
  value: unknown,
  report: Report,
  former: NetworksFile = {},
): Validated {
  let told = 0;
  const mistakesIn = (check: Check, data: unknown, pointerOf: () => string): NonNullable<Check['errors']> => {
    if (check(data)) return [];
    const errors = check.errors ?? [];
    const pointer = pointerOf();
    const said = new Set<string>();
    for (const error of errors) {
      if (told > maxFindings) break;
      const finding = explain(error, { file, pointer: pointer + error.instancePath });
      const words = `${finding.origin.pointer}\n${finding.message}`;
      if (said.has(words)) continue;
      said.add(words);
      told++;
      report(finding);
    }
    return errors;
  };

  const mistakes = mistakesIn(shell, value, () => '');
  if (mistakes.some(({ instancePath, keyword }) => instancePath === '' && keyword === 'type')) {
    return { file: {}, complete: false };
  }
  let complete = mistakes.length === 0;
  const kept: [string, unknown][] = [];
  for (const [section, content] of Object.entries(value as object) as [string, unknown][]) {
    if (mistakes.some(({ instancePath }) => instancePath === `/${section}`)) continue;
    if (!isSection(section)) {
      kept.push([section, content]);
      continue;
    }
    // A network with a key too many still has its subnets: addresses are checked against them, whatever that key was to be.
    const isMinor = ({ keyword }: { readonly keyword: string }): boolean =>
      section === 'networks' && keyword === 'additionalProperties';
    const isGood = (key: string | number, entry: unknown): boolean => {
      const pointerOf = (): string => within({ file, pointer: '' }, section, key).pointer;
      return mistakesIn(entries[section], entry, pointerOf).every(isMinor);
    };
    const [left, all] = keepGood(content, isGood, section === 'policies' ? former.policies : undefined);
    kept.push([section, left]);
    complete &&= all;
  }
  return { file: Object.fromEntries(kept), complete };
}

function isSection(key: string): key is keyof typeof entries {
  return Object.hasOwn(entries, key);
}

/** The good entries and whether that is all; a list keeps its indexes, with holes. */
function keepGood(
  content: unknown,
  isGood: (key: string | number, entry: unknown) => boolean,
  former: readonly unknown[] = [],
): readonly [left: unknown, all: boolean] {
  if (Array.isArray(content)) {
    const list = content as readonly unknown[];
    const left: unknown[] = [];
    let all = true;
    list.forEach((entry, index) => {
      const before = former[index];
      if (before !== undefined && sameValue(entry, before)) left[index] = before;
      else if (isGood(index, entry)) left[index] = entry;
      else all = false;
    });
    return [left, all];
  }
  const all = Object.entries(content as object) as [string, unknown][];
  const left = all.filter(([key, entry]) => isGood(key, entry));
  return [Object.fromEntries(left), left.length === all.length];
}
