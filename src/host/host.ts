import { join } from 'node:path';
import type { HostFacts } from '../model/facts.ts';
import type { Interface, NamespaceId } from '../model/namespace.ts';
import type { Ownership } from '../model/ownership.ts';
import { openCommands, type Run } from './command.ts';
import { connectEngine } from './connect.ts';
import type { Engine } from './engine.ts';
import { factsOf, findToolFacts } from './facts.ts';
import { FormerSysctls, type Lives } from './former-sysctls.ts';
import { findIptablesTools, type IptablesTools } from './iptables-tools.ts';
import { Namespaces } from './netns.ts';
import { OwnEffects } from './own-effects.ts';
import { Uncut } from './uncut.ts';

/** One host, opened: its engine, its commands, its namespaces. May stay open for long; holds nothing that has to be closed. */
export interface Host {
  readonly ownership: Ownership;
  readonly engine: Engine;
  /** As far as is known by now. */
  readonly facts: HostFacts;
  /** The kernel does not take our sets after all: from now on the same is said by rules. */
  readonly giveUpSets: (why: string) => void;
  /** The kernel or its tool takes no table of frames: from now on none is asked for. */
  readonly giveUpFrames: (why: string) => void;
  /** What interfaces were found in containers' namespaces: who was looked into once need not be again. */
  readonly knownLinks: Map<NamespaceId, readonly Interface[]>;
  /** Whether there may be a table of frames of ours: nobody else makes one. */
  readonly framesMayBe: { value: boolean };
  readonly run: Run;
  readonly namespaces: Namespaces;
  readonly iptables: IptablesTools;
  readonly formerSysctls: FormerSysctls;
  /** What we do ourselves, for who listens to the kernel. */
  readonly own: OwnEffects;
  /** Containers' namespaces in which nothing of ours was found and nothing was put since: they need not be looked at again. */
  readonly knownClean: Set<NamespaceId>;
  /** Connections that are to end, or were to and did not. */
  readonly uncut: Uncut;
}

export interface HostOptions {
  readonly ownership: Ownership;
  readonly signal: AbortSignal;
  readonly env?: NodeJS.ProcessEnv;
  /** The folder of what must live as long as the kernel's own state does; below it each instance has its own. */
  readonly runFolder?: string;
}

/** Connects to the host's engine and finds its tools; ENGINE_UNREACHABLE or ENGINE_UNSUPPORTED where there is no engine to work with. */
export async function openHost(options: HostOptions): Promise<Host> {
  const { ownership, signal, env = process.env, runFolder = '/run/netwright' } = options;
  const run = openCommands(env);
  const [engine, namespaces, tools, iptables] = await Promise.all([
    connectEngine(env, signal),
    Namespaces.open(),
    findToolFacts(run, env, signal),
    findIptablesTools(run, env, signal),
  ]);
  let facts = factsOf(engine, tools);
  const folder = join(runFolder, ownership.instance);
  const lives: Lives = (id) => namespaces.lives(id);
  return {
    ownership,
    engine,
    get facts() {
      return facts;
    },
    giveUpSets: (setsRefused) => {
      facts = { ...facts, sets: false, setsRefused };
    },
    giveUpFrames: (framesRefused) => {
      facts = { ...facts, framesRefused };
    },
    knownLinks: new Map(),
    framesMayBe: { value: true },
    run,
    namespaces,
    iptables,
    formerSysctls: new FormerSysctls(folder, lives),
    own: new OwnEffects(),
    knownClean: new Set(),
    uncut: await Uncut.open(folder, lives),
  };
}
