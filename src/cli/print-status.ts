import type { GatewayStatus, InForceLine, OnDemandStatus, Status } from '../model/status.ts';
import { escapeControls } from './escape.ts';
import { layOut, type Row } from './layout.ts';
import type { Paint } from './paint.ts';
import { columns, noticeCounts, noticeSections, planRow, sectionsOf } from './print.ts';
import { printProblems } from './print-problems.ts';

/** The status as a person reads it, every line ended. */
export function printStatus(status: Status, paint: Paint): string {
  const { inForce, pending, failed, contested, waiting, refused, warnings, file } = status;
  const sections = [
    ...sectionsOf(inForce, inForceRow),
    { title: 'gateways', rows: (status.gateways ?? []).map(gatewayRow) },
    { title: 'on demand', rows: (status.onDemand ?? []).map(onDemandRow) },
    { title: 'pending', rows: pending.map((line) => withPlace(planRow(line), line)) },
    {
      title: 'failed',
      rows: failed.map((line) => ({
        ...withPlace(planRow(line), line),
        style: 'red' as const,
        notes: [line.error],
      })),
    },
    {
      title: 'contested',
      rows: contested.map(({ what, by, nextLook }) => ({
        mark: '!',
        style: 'red' as const,
        text: what,
        notes: [`${by ?? 'somebody'} keeps undoing it; the next look is at ${nextLook}`],
      })),
    },
    ...noticeSections([...waiting, ...refused, ...warnings]),
  ];
  const counts = [
    ...(pending.length > 0 ? [`${pending.length} pending`] : []),
    ...(failed.length > 0 ? [`${failed.length} failed`] : []),
    ...(contested.length > 0 ? [`${contested.length} contested`] : []),
    ...noticeCounts({ waiting: waiting.length, refused: refused.length, warnings: warnings.length }),
  ];
  return [
    ...head(status, paint).map((line) => `${line}\n`),
    printProblems(file.problems, paint),
    ...layOut(sections, paint).map((line) => `${line}\n`),
    `${summary(status)}${counts.length === 0 ? '' : `; ${counts.join(', ')}`}.\n`,
  ].join('');
}

/** Without a daemon and without a good file there is nothing to compare the host with. */
function summary({ inForce, daemon, file }: Status): string {
  if (daemon === undefined && file.state !== 'in force')
    return 'What is in force is not known without a file in order';
  return `${inForce.length} in force`;
}

function head({ version, instance, daemon, file, lastPass }: Status, paint: Paint): readonly string[] {
  const who = daemon === undefined ? 'no daemon' : `daemon pid ${daemon.pid} since ${daemon.since}`;
  const state = paint(file.state === 'in force' ? 'green' : 'red', file.state);
  return [
    escapeControls(`netwright ${version}   instance ${instance}   ${who}`),
    `file        ${escapeControls(file.path)}   ${state}`,
    ...(lastPass === undefined ? [] : [passLine(lastPass, paint)]),
  ];
}

function passLine(pass: NonNullable<Status['lastPass']>, paint: Paint): string {
  const { at, milliseconds, rounds, changes, converged, error } = pass;
  const many = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
  const facts = `${at}   ${Math.round(milliseconds)} ms, ${many(rounds, 'round')}, ${many(changes, 'operation')}`;
  const verdict = error ?? (converged ? undefined : 'not converged');
  return `last pass   ${escapeControls(facts)}${verdict === undefined ? '' : `   ${paint('red', escapeControls(verdict))}`}`;
}

function inForceRow({ text, packets, bytes, position }: InForceLine): Row {
  const counted = packets === undefined ? {} : { detail: countText(packets, bytes ?? 0) };
  return { mark: '✓', style: 'green', ...columns(text), ...counted, position };
}

function gatewayRow({ network, container, addresses, state, members, refused }: GatewayStatus): Row {
  const facts = [
    addresses.join(' '),
    state,
    {
      'closed in': 'members closed in',
      pending: 'members yet to be closed in',
      unchecked: 'frames unchecked',
    }[members],
    ...(refused === undefined ? [] : [`${packetsText(refused)} refused`]),
  ];
  const isWell = state === 'there' && members === 'closed in';
  const detail = facts.join(', ');
  return {
    mark: isWell ? '✓' : '!',
    style: isWell ? 'green' : 'red',
    text: `${network} by ${container}`,
    detail,
  };
}

function onDemandRow(each: OnDemandStatus): Row {
  const { name, state, why, listen, notListening = [], held, carried, wakes, lastWakeMilliseconds } = each;
  const { slowestWakeMilliseconds: slowest = 0, byKernel } = each;
  const facts = [
    state,
    listen.length === 0 ? 'not listening' : `at ${listen.join(', ')}`,
    ...(each.handedOver?.leads === true ? ['by the kernel'] : []),
    ...(held > 0 ? [`${held} held`] : []),
    ...(carried > 0 ? [`${carried} carried`] : []),
    ...(wakes > 0 ? [`woken ${wakes === 1 ? 'once' : `${wakes} times`}`] : []),
    ...(lastWakeMilliseconds === undefined
      ? []
      : [`last in ${lastWakeMilliseconds} ms, at most in ${slowest} ms`]),
    ...(wakes > 0 ? [`${sizeText(each.toTarget)} in, ${sizeText(each.toClient)} out`] : []),
    ...(byKernel === undefined
      ? []
      : [`${sizeText(byKernel.toTarget)} in, ${sizeText(byKernel.toClient)} out by the kernel`]),
  ];
  const isWell = why === undefined && notListening.length === 0;
  return {
    mark: isWell ? '✓' : '!',
    style: isWell ? 'green' : 'red',
    text: name,
    detail: facts.join(', '),
    notes: [...(why === undefined ? [] : [why]), ...notListening],
  };
}

/** `1,234 packets, 5.6 MB`. */
function countText(packets: number, bytes: number): string {
  return `${packetsText(packets)}, ${sizeText(bytes)}`;
}

function packetsText(packets: number): string {
  return `${packets.toLocaleString('en-US')} packet${packets === 1 ? '' : 's'}`;
}

const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** In powers of a thousand, with a decimal place below ten. */
function sizeText(bytes: number): string {
  let [size, unit] = [bytes, 0];
  for (; size >= 999.5 && unit < units.length - 1; unit++) size /= 1000;
  const digits = unit > 0 && size < 9.95 ? 1 : 0;
  return `${size.toFixed(digits)} ${units[unit] ?? ''}`;
}

/** Sections that are not places name the place in the line. */
function withPlace(row: Row, { area, place = 'host' }: Omit<InForceLine, 'text'>): Row {
  return area === 'namespace' ? { ...row, text: `${place}: ${row.text}` } : row;
}
