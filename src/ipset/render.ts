import type { Family } from '../model/config.ts';
import type { Ownership } from '../model/ownership.ts';
import type { UpdateSet } from '../model/rules-operations.ts';
import type { SetElement, SetType } from '../model/sets.ts';
import { keepsCounters, protocolNumbers, room } from './words.ts';

type Written = Pick<UpdateSet, 'set' | 'family' | 'type' | 'how' | 'add' | 'remove'>;

/**
 * The lines of `ipset restore` that perform the operation, each of which may be done again: what is there is added, what is gone removed.
 * Throws for what the tool would take for something else, and where the set is not ours.
 */
export function renderUpdate(operation: Written, ownership: Ownership): readonly string[] {
  const { set, family, type, how, add, remove } = operation;
  const shape = shapes[type][family];
  const filled = how === 'swap' ? ownership.newSet(set) : set;
  for (const name of [set, filled]) assertOwned(name, ownership);
  const adding = `add -exist ${filled} `;
  const removing = `del -exist ${filled} `;
  return [
    ...(how === 'recreate' ? [`destroy -exist ${set}`] : []),
    ...(how === 'change' ? [] : [`create -exist ${filled} ${traits(type, family, add.length)}`]),
    ...(how === 'swap' ? [`flush ${filled}`] : []),
    ...add.map((element) => adding + entryText(element, shape) + commentText(element)),
    ...remove.map((element) => removing + entryText(element, shape)),
    ...(how === 'swap' ? [`swap ${filled} ${set}`, `destroy ${filled}`] : []),
  ];
}

/** The lines of `ipset restore` that take a set away, whether or not it is there. */
export function renderRemove(set: string, ownership: Ownership): readonly string[] {
  assertOwned(set, ownership);
  return [`destroy -exist ${set}`];
}

/** The lines of `ipset restore` that print these sets, which must be there. */
export function renderSaves(sets: readonly string[], ownership: Ownership): readonly string[] {
  for (const name of sets) assertOwned(name, ownership);
  return sets.map((name) => `save ${name}`);
}

function assertOwned(name: string, ownership: Ownership): void {
  if (!ownership.ownsSet(name)) throw new Error(`not a set of ours: ${JSON.stringify(name)}`);
}

function traits(type: SetType, family: Family, elements: number): string {
  const kept = keepsCounters(type) ? 'counters comment' : 'comment';
  return `${type} family ${family === 4 ? 'inet' : 'inet6'} hashsize ${hashSize(elements)} maxelem ${room} ${kept}`;
}

const smallestHash = 64;
const largestHash = 65_536;

/** A bucket for every element, so that the kernel does not have to grow the set again and again while it is filled. */
function hashSize(elements: number): number {
  const wanted = 2 ** Math.ceil(Math.log2(Math.max(1, elements)));
  return Math.min(largestHash, Math.max(smallestHash, wanted));
}

const four = String.raw`[0-9]{1,3}(?:\.[0-9]{1,3}){3}`;
const six = '(?=[0-9a-f]{0,4}:)[0-9a-f:]{2,39}';
/** A name the kernel takes, and no separator of ipset's own. */
const link = String.raw`(?!-)[^\s\p{Cc}"\\/:,]{1,15}`;
const flow = '(tcp|udp|sctp):([0-9]{1,5})';

const shapes: Readonly<Record<SetType, Readonly<Record<Family, RegExp>>>> = {
  'hash:ip,port,net': {
    4: new RegExp(`^(${four}),${flow},(${four}(?:/[0-9]{1,2})?)$`),
    6: new RegExp(`^(${six}),${flow},(${six}(?:/[0-9]{1,3})?)$`),
  },
  'hash:net': { 4: new RegExp(`^${four}(?:/[0-9]{1,2})?$`), 6: new RegExp(`^${six}(?:/[0-9]{1,3})?$`) },
  'hash:net,iface': {
    4: new RegExp(`^${four}(?:/[0-9]{1,2})?,${link}$`, 'u'),
    6: new RegExp(`^${six}(?:/[0-9]{1,3})?,${link}$`, 'u'),
  },
};

function entryText({ entry }: SetElement, shape: RegExp): string {
  const found = shape.exec(entry);
  if (found === null) throw new Error(`not an element of such a set: ${JSON.stringify(entry)}`);
  const [, target, protocol, port, source] = found;
  if (protocol === undefined) return entry;
  return `${target ?? ''},${protocolNumbers.get(protocol) ?? ''}:${port ?? ''},${source ?? ''}`;
}

/** ipset knows no way to write a quote, and takes a word with a dash before it for an option. */
const speakable = /^(?!-)[\x20\x21\x23-\x7e]{1,255}$/;

function commentText({ comment }: SetElement): string {
  if (comment === undefined) return '';
  if (!speakable.test(comment)) throw new Error(`not a comment of an element: ${JSON.stringify(comment)}`);
  return ` comment "${comment}"`;
}
