import { createHash } from 'node:crypto';
import type { Config, Origin } from '../model/config.ts';
import type { NetworksFile } from '../model/networks-file.ts';
import { mergedContent } from './content.ts';
import { checkDiscovery } from './discovery.ts';
import { checkDnats } from './dnats.ts';
import { type FileDocument, locateIn, readDocument } from './document.ts';
import { type DropIn, dropInDocument } from './drop-in.ts';
import { checkIps } from './ip-conflicts.ts';
import { checkNetworks } from './network-conflicts.ts';
import { type Former, normalise, type Part } from './normalise.ts';
import { checkOnDemand } from './on-demand.ts';
import { checkNames } from './policy-names.ts';
import { type Finding, type Position, type Problem, withOther } from './problem.ts';
import { type ProxyFlags, proxyDocument } from './proxy.ts';
import { checkRouting } from './routing.ts';
import { checkSchema } from './schema.ts';
import { readSources, type Source } from './source.ts';

/** A file or directory as configuration, or everything that is wrong with it, in the order of its lines. */
export type Loaded = LoadedConfig | LoadFailure;

export interface LoadedConfig {
  readonly ok: true;
  readonly config: Config;
  readonly warnings: readonly Problem[];
  /** The line and column of something declared; undefined for a file that was not read. */
  readonly locate: (origin: Origin) => Position | undefined;
  /** What was read, as one file. */
  readonly content: () => NetworksFile;
  /** What was read, for the next reading to build upon. */
  readonly parts: readonly Part[];
  /** The MD5 of what was read, as hexadecimal. */
  readonly digest: string;
}

interface LoadFailure {
  readonly ok: false;
  readonly problems: readonly Problem[];
  readonly digest: string;
}

/** More problems than this are counted, not listed. */
const maxProblems = 1000;

/**
 * Reads, checks and normalises the file, or the directory's files; never throws for what is in them or whether they are there. A policy
 * that is as it was when they were read before, in the same place, is the same object as then.
 */
export async function load(path: string, former?: LoadedConfig): Promise<Loaded> {
  const { sources, problems, digest } = await readSources(path);
  const documents: FileDocument[] = [];
  const mistakes: Problem[] = [...problems];
  for (const source of sources) {
    const read = await readDocument(source);
    if (read.ok) documents.push(read.document);
    else for (const problem of read.problems) mistakes.push(problem);
  }
  return { ...interpret(documents, mistakes, sources, former), digest };
}

/** The same of what flags and variables say in the place of a file; `file` of a problem is then the flag or variable, its line 0. */
export function loadDropIn(given: DropIn): Loaded {
  const read = loadGiven(dropInDocument(given));
  return read.ok ? { ...read, config: { ...read.config, leavesEngine: true } } : read;
}

/** The same of proxytainer's command line: one entry of `on_demand`, called as its group. */
export function loadProxy(given: ProxyFlags): Loaded {
  const read = loadGiven(proxyDocument(given));
  if (!read.ok) return read;
  const onDemand = read.config.onDemand.map((entry) => ({ ...entry, name: given.group }));
  return { ...read, config: { ...read.config, onDemand } };
}

function loadGiven(document: FileDocument): Loaded {
  const digest = createHash('md5').update(JSON.stringify(document.value)).digest('hex');
  return { ...interpret([document], [], []), digest };
}

function interpret(
  documents: readonly FileDocument[],
  mistakes: readonly Problem[],
  sources: readonly Source[],
  former?: LoadedConfig,
): Omit<LoadedConfig, 'digest'> | Omit<LoadFailure, 'digest'> {
  const findings: Finding[] = [];
  const report = (finding: Finding): void => void findings.push(finding);
  const read =
    documents.length === 0 ? undefined : configOf(documents, mistakes.length === 0, report, former);
  const problems = [...mistakes];
  for (const finding of findings) problems.push(place(finding, documents));
  const listed = inOrder(problems, sources);
  if (read === undefined || listed.some(({ severity }) => severity === 'error'))
    return { ok: false, problems: listed };
  const { parts, config } = read;
  const places = documents.map(({ file, locate }) => ({ file, locate }));
  return {
    ok: true,
    config,
    warnings: listed,
    locate: (origin) => locateIn(places, origin),
    content: () =>
      mergedContent(
        parts.map(({ content }) => content),
        config,
      ),
    parts,
  };
}

function configOf(
  documents: readonly FileDocument[],
  allRead: boolean,
  report: (finding: Finding) => void,
  former?: LoadedConfig,
): Former {
  const parts: Part[] = [];
  let allValid = allRead;
  for (const { file, value } of documents) {
    const before = former?.parts.find((part) => part.file === file)?.content;
    const { file: content, complete } = checkSchema(file, value, report, before);
    parts.push({ file, content });
    allValid &&= complete;
  }
  const { config, complete } = normalise(parts, allValid, report, former);
  checkNetworks(config.networks, report);
  checkIps(config.ips, report);
  checkDnats(config, report);
  checkNames(config, complete, report, former?.warnings.length === 0 ? former.config : undefined);
  checkRouting(config.routing, report);
  checkDiscovery(config.discovery, report);
  checkOnDemand(config, report);
  return { parts, config };
}

function place(
  { origin, atKey, also, message, ...rest }: Finding,
  documents: readonly FileDocument[],
): Problem {
  const at = atKey === true ? undefined : 'value';
  const position = positionIn(origin, documents, at);
  const { severity, code, hint } = rest;
  return {
    severity,
    code,
    file: origin.file,
    ...position,
    message: also === undefined ? message : withOther(message, also.file, positionIn(also, documents, at)),
    ...(hint !== undefined && { hint }),
  };
}

function positionIn(origin: Origin, documents: readonly FileDocument[], at?: 'value'): Position {
  return locateIn(documents, origin, at) ?? { line: 1, column: 1 };
}

function inOrder(problems: readonly Problem[], sources: readonly Source[]): readonly Problem[] {
  const rank = new Map(sources.map(({ file }, index) => [file, index]));
  const sorted = [...problems].sort(
    (a, b) => (rank.get(a.file) ?? -1) - (rank.get(b.file) ?? -1) || a.line - b.line || a.column - b.column,
  );
  const beyond = sorted[maxProblems];
  if (beyond === undefined) return sorted;
  const severity = sorted.slice(maxProblems).some((problem) => problem.severity === 'error')
    ? 'error'
    : 'warning';
  const message = `and ${sorted.length - maxProblems} more`;
  const { file, line, column, code } = beyond;
  return [...sorted.slice(0, maxProblems), { severity, code, file, line, column, message }];
}
