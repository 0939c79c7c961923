import type { Config, Family, IpEntry, Origin } from '../model/config.ts';
import { indexNames, matchName, type NameIndex, type NameMatch, nearest } from '../model/names.ts';
import { familiesOf } from './name-families.ts';
import { type Finding, quote, type Report } from './problem.ts';

/** Hints are looked for this often: with thousands of unknown names nobody reads the later ones. */
const maxHints = 200;
/** A prefix that matches more names only these. */
const maxNamed = 5;

/** What the names of one file mean, each looked up once however often it stands there. */
export interface NameChecker {
  readonly look: (name: string) => NameMatch;
  /** Reports what is to be said of the name itself. */
  readonly name: (name: string, originOf: () => Origin) => void;
  readonly families: (name: string) => readonly Family[];
  readonly report: Report;
}

/** A checker for the names of a configuration; of unknown names it says nothing while the file is not complete. */
export function nameChecker(config: Config, complete: boolean, report: Report): NameChecker {
  const index = indexNames(config);
  const known = new Map<string, NameMatch>();
  const said = new Map<string, Pick<Finding, 'severity' | 'code' | 'message' | 'hint'> | undefined>();
  const families = new Map<string, readonly Family[]>();
  let unknown = 0;
  const look = (name: string): NameMatch => {
    const match = known.get(name);
    if (match !== undefined) return match;
    const fresh = matchName(name, index);
    known.set(name, fresh);
    return fresh;
  };
  return {
    look,
    report,
    families: (name) => {
      const found = families.get(name);
      if (found !== undefined) return found;
      const fresh = [...new Set(familiesOf(look(name)))];
      families.set(name, fresh);
      return fresh;
    },
    name: (name, originOf) => {
      if (!said.has(name)) {
        const match = look(name);
        if (match.kind === 'none') unknown++;
        said.set(name, explain(name, match, index, config.strict, unknown <= maxHints));
      }
      const words = said.get(name);
      if (words !== undefined && (complete || words.code !== 'unknown-name'))
        report({ ...words, origin: originOf() });
    },
  };
}

function explain(
  name: string,
  match: NameMatch,
  index: NameIndex,
  strict: boolean,
  withHint: boolean,
): Pick<Finding, 'severity' | 'code' | 'message' | 'hint'> | undefined {
  if (match.kind === 'label' && match.key === '') {
    return {
      severity: 'error',
      code: 'unknown-name',
      message: 'a label without a key',
      hint: 'write label:key=value',
    };
  }
  if (match.kind === 'ips' && match.byPrefix) {
    const names = [...new Set(match.entries.map((entry) => nameOf(entry, name)))];
    const more = names.length > maxNamed ? ` and ${names.length - maxNamed} more` : '';
    const message = `${quote(name)} is only the beginning of ${names.slice(0, maxNamed).join(', ')}${more}`;
    return strict
      ? { severity: 'error', code: 'prefix-match', message, hint: 'strict: true wants the whole name' }
      : {
          severity: 'warning',
          code: 'prefix-match',
          message: `${message}: taken as meant`,
          hint: 'write the whole name',
        };
  }
  if (match.kind !== 'none') return undefined;
  if (meansAddress(name)) {
    return {
      severity: 'error',
      code: 'address',
      message: `${quote(name)} is no address and no subnet`,
      hint: 'write an address such as 172.18.103.2 or fd00:104::2, or a subnet such as 172.18.103.0/24',
    };
  }
  const base = {
    severity: 'warning',
    code: 'unknown-name',
    message: `nothing in the file is called ${quote(name)}`,
  } as const;
  const near = withHint ? nearest(name, candidates(index), 1) : undefined;
  return {
    ...base,
    hint: near === undefined ? 'it waits for a container of that name' : `did you mean ${quote(near)}?`,
  };
}

/** Nobody calls a container so: a policy that waits for one would be as good as none. */
function meansAddress(name: string): boolean {
  return /^\d+(\.\d+){3}$|^[\da-f.:]+\/[^/]*$|^[\da-f]*:[\da-f]*:[\da-f:.]*$/i.test(name);
}

function nameOf(entry: IpEntry, prefix: string): string {
  const { containerName, selector, ip } = entry;
  return (containerName?.startsWith(prefix) === true ? containerName : selector) ?? ip;
}

function* candidates(index: NameIndex): Iterable<string> {
  yield* index.sorted;
  yield* index.services.keys();
  yield* index.networks.keys();
}
