import type { SetSysctl } from '../model/plan.ts';
import type { Desired, NamespaceState, Notice, Observed } from '../model/state.ts';
import { interfaceOf } from '../model/sysctl.ts';
import { describeSysctl } from './describe.ts';
import type { Part } from './part.ts';

/** Sysctls to set, and those we set that nothing asks for any more, to be put back to what they were. */
export function planSysctls(desired: Desired, observed: Observed): Part {
  const operations: SetSysctl[] = [];
  const notices: Notice[] = [];
  for (const [id, state] of observed.namespaces) {
    const wanted = new Map(desired.namespaces.get(id)?.sysctls.map((sysctl) => [sysctl.key, sysctl]));
    for (const { key, value, origin, lacking } of wanted.values()) {
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
      } else if (!sameValue(has, value)) {
        const text = describeSysctl(key, value);
        const detail = `was ${has}`;
        operations.push({
          kind: 'set-sysctl',
          because: `it was ${has}`,
          changes: [{ sign: '~', area: 'namespace', place: state.name, text, detail, origin }],
          namespace: id,
          key,
          value,
          former: state.formerSysctls.has(key) ? 'keep' : 'remember',
          ...(interfaceIndex !== null && interfaceIndex !== undefined && { interfaceIndex }),
        });
      }
    }
    for (const [key, value] of state.formerSysctls) {
      if (wanted.has(key)) continue;
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
