import type { Desired, DesiredSysctl } from '../model/desired.ts';
import { hostNamespace, type NamespaceState } from '../model/namespace.ts';
import type { Notice } from '../model/notice.ts';
import type { Observed } from '../model/observed.ts';
import type { SetSysctl } from '../model/routing-operations.ts';
import { interfaceOf } from '../model/sysctl.ts';
import type { BridgesAfter } from './bridges.ts';
import { describeSysctl } from './describe.ts';
import { networkNeed } from './fates.ts';
import type { Part } from './part.ts';

/**
 * Sysctls to set, and those we set that nothing asks for any more, to be put back to what they were. Those of a bridge that comes in
 * this plan are set once it is there; those of one that goes, go with it.
 */
export function planSysctls(desired: Desired, observed: Observed, bridges: BridgesAfter): Part {
  const operations: SetSysctl[] = [];
  const notices: Notice[] = [];
  for (const [id, state] of observed.namespaces) {
    const wanted = new Map(desired.namespaces.get(id)?.sysctls.map((sysctl) => [sysctl.key, sysctl]));
    const bridgeOf = (key: string) => (id === hostNamespace ? interfaceOf(key) : undefined);
    for (const sysctl of wanted.values()) {
      const { key, value, origin, lacking } = sysctl;
      const late = inItsTurn(sysctl, bridgeOf(key), state, bridges);
      if (late !== undefined) {
        operations.push(...late);
        continue;
      }
      const interfaceIndex = indexOf(key, state);
      // Of an interface that was made between two looks at it, all is read in the next pass: the kernel tells of it.
      const has = interfaceIndex === null ? null : (state.sysctls.get(key) ?? null);
      if (has === null) {
        const waiting: Notice = {
          kind: 'waiting',
          subject: `${describeSysctl(key, value)} in ${state.name}`,
          message: 'the kernel has no such sysctl there yet',
          hint: 'an interface of that name brings its sysctls along',
          origin,
        };
        notices.push(...(lacking ?? [waiting]));
      } else if (!sameValue(has, value))
        operations.push({
          ...setting(sysctl, state, { because: `it was ${has}`, detail: `was ${has}` }),
          was: has,
        });
    }
    for (const [key, value] of state.formerSysctls) {
      if (wanted.has(key) || bridges.going.has(bridgeOf(key) ?? '')) continue;
      const text = describeSysctl(key, value);
      operations.push({
        kind: 'set-sysctl',
        because: 'no longer in the file',
        changes: [{ sign: '-', area: 'namespace', place: state.name, text, detail: 'as it was before' }],
        namespace: id,
        key,
        value,
        former: 'restore',
      });
    }
  }
  return { operations, notices };
}

/** What waits for the bridge or is undone by those who join it; undefined where nothing happens to that interface in this plan. */
function inItsTurn(
  sysctl: DesiredSysctl,
  bridge: string | undefined,
  state: NamespaceState,
  { coming, going, shutAgain }: BridgesAfter,
): readonly SetSysctl[] | undefined {
  if (bridge === undefined) return undefined;
  const made = coming.get(bridge);
  if (made !== undefined) {
    const why = { because: `${bridge} comes with its ${made.with}`, detail: 'of the bridge that comes' };
    const ofNew = setting(sysctl, { ...state, interfaces: [], formerSysctls: new Map() }, why);
    const after =
      made.with === 'network' ? ({ afterCreating: true } as const) : ({ afterJoining: true } as const);
    return [{ ...ofNew, needs: [networkNeed(made.network)], ...after }];
  }
  if (going.has(bridge)) return [];
  if (!shutAgain.has(bridge) || !sysctl.key.endsWith('.forwarding')) return undefined;
  const because = 'the engine turns it off when a container joins';
  return [{ ...setting(sysctl, state, { because, detail: because }), afterJoining: true }];
}

function setting(
  { key, value, origin }: DesiredSysctl,
  state: NamespaceState,
  { because, detail }: { readonly because: string; readonly detail: string },
): SetSysctl {
  const index = indexOf(key, state);
  const text = describeSysctl(key, value);
  return {
    kind: 'set-sysctl',
    because,
    changes: [{ sign: '~', area: 'namespace', place: state.name, text, detail, origin }],
    namespace: state.id,
    key,
    value,
    former: state.formerSysctls.has(key) ? 'keep' : 'remember',
    ...(index !== null && index !== undefined && { interfaceIndex: index }),
  };
}

/** Of the interface that the sysctl is of; null where there is none of that name, undefined where it is of none. */
function indexOf(key: string, { interfaces }: NamespaceState): number | null | undefined {
  const name = interfaceOf(key);
  if (name === undefined) return undefined;
  return interfaces.find((each) => each.name === name)?.index ?? null;
}

/** The kernel separates numbers by tabs where people write spaces, and shows in decimal what it read as hexadecimal or octal. */
function sameValue(one: string, other: string): boolean {
  return asShown(one) === asShown(other);
}

function asShown(value: string): string {
  return value.trim().split(/\s+/).map(inDecimal).join(' ');
}

function inDecimal(word: string): string {
  if (/^0x[0-9a-f]+$/i.test(word)) return String(Number(word));
  return /^0[0-7]+$/.test(word) ? String(Number.parseInt(word, 8)) : word;
}
