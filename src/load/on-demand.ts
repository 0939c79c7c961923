import { parseAddress, toCidr } from '../model/address.ts';
import { familyOf } from '../model/block.ts';
import type { Config, Origin } from '../model/config.ts';
import type { OnDemandInFile } from '../model/networks-file.ts';
import type { GroupEntry, ListeningEntry, OnDemandEntry, TargetEntry } from '../model/on-demand.ts';
import { quote, type Report, watching, within } from './problem.ts';

/** Says what is wrong with a field; with an index, with that item of its list. */
type Say = (steps: readonly (string | number)[], message: string, hint?: string) => void;

/** What an entry of `on_demand` asks for; undefined, and reported, when it makes no sense. */
export function readOnDemand(
  name: string,
  entry: OnDemandInFile,
  origin: Origin,
  report: Report,
): OnDemandEntry | undefined {
  const watched = watching(report);
  const say: Say = (steps, message, hint) =>
    watched.report({
      severity: 'error',
      code: 'on-demand',
      origin: within(origin, ...steps),
      message,
      ...(hint !== undefined && { hint }),
    });
  const listen = readListen(entry.listen, say);
  const target = readTarget(entry.target, say);
  const group = target && groupOf(entry.group, target, say);
  const sources = entry.sources?.flatMap((source, index) => readSource(source, index, say) ?? []);
  const { proxy_protocol: proxyProtocol } = entry;
  if (proxyProtocol !== undefined && entry.handover === true)
    say(
      ['handover'],
      'by the kernel nobody is told by the PROXY protocol who the client is',
      'leave out one of the two',
    );
  if (proxyProtocol !== undefined && listen.some(({ protocol }) => protocol === 'udp'))
    say(
      ['proxy_protocol'],
      'nobody is told by the PROXY protocol from whom datagrams come',
      'give UDP ports an entry of their own',
    );
  if (watched.sawError() || target === undefined || group === undefined) return undefined;
  return {
    origin,
    name,
    listen,
    target,
    group,
    dependsOn: entry.depends_on ?? [],
    idle: inMs(entry.idle, 300),
    countsQuiet: entry.idle_connections !== 'ignore',
    health: entry.health ?? true,
    startTimeout: inMs(entry.start_timeout, 60),
    stopTimeout: inMs(entry.stop_timeout, 10),
    action: entry.action ?? 'stop',
    ...((entry.min_packets !== undefined || entry.min_bytes !== undefined) && {
      least: { packets: entry.min_packets ?? 0, bytes: entry.min_bytes ?? 0 },
    }),
    ...(sources !== undefined && { sources }),
    handover: entry.handover ?? proxyProtocol === undefined,
    ...(proxyProtocol !== undefined && { proxyProtocol }),
    maxHeld: entry.max_held ?? 4096,
  };
}

function inMs(seconds: number | undefined, byDefault: number): number {
  return (seconds ?? byDefault) * 1000;
}

function readListen(listen: OnDemandInFile['listen'], say: Say): readonly ListeningEntry[] {
  if (typeof listen !== 'object') return readListening(listen, ['listen'], say);
  return listen.flatMap((each, index) => readListening(each, ['listen', index], say));
}

function readListening(
  text: number | string,
  at: readonly (string | number)[],
  say: Say,
): readonly ListeningEntry[] {
  if (typeof text === 'number') return [{ port: text, protocol: 'tcp' }];
  const [, written, digits, suffix] = /^(?:(.+):)?([0-9]+)(?:\/(tcp|udp))?$/.exec(text) ?? [];
  const port = readPort(digits, text, at, say);
  const address = written === undefined ? undefined : parseAddress(written.replace(/^\[|\]$/g, ''));
  if (written !== undefined && address === undefined)
    say(at, `${quote(written)} is no address`, 'write address:port, an IPv6 address in brackets');
  if (port === undefined || (written !== undefined && address === undefined)) return [];
  // A socket on :: takes IPv4, too.
  const protocol = suffix === 'udp' ? 'udp' : 'tcp';
  return [{ ...(address !== undefined && address !== '::' && { address }), port, protocol }];
}

function readPort(
  digits: string | undefined,
  text: string,
  at: readonly (string | number)[],
  say: Say,
): number | undefined {
  const port = Number(digits);
  if (port >= 1 && port <= 65_535) return port;
  say(at, `${quote(text)} names no port`, 'ports are numbers from 1 to 65535');
  return undefined;
}

function readTarget(target: OnDemandInFile['target'], say: Say): TargetEntry | undefined {
  if (typeof target === 'object')
    return { kind: 'container', name: target.container_name, port: target.port };
  const end = target.lastIndexOf(':');
  const port = readPort(target.slice(end + 1), target, ['target'], say);
  const host = target.slice(0, end).replace(/^\[|\]$/g, '');
  return port === undefined ? undefined : { kind: 'host', host, port };
}

function groupOf(group: OnDemandInFile['group'], target: TargetEntry, say: Say): GroupEntry | undefined {
  if (typeof group === 'string') return { kind: 'label', value: group };
  if (group !== undefined) return { kind: 'names', names: group };
  if (target.kind === 'container') return { kind: 'names', names: [target.name] };
  say(
    [],
    `nothing says which containers are behind ${quote(target.host)}`,
    'add group: the value of their label netwright.group, or a list of their names',
  );
  return undefined;
}

function readSource(source: string, index: number, say: Say): string | undefined {
  const [address = '', prefix] = source.split('/');
  const parsed = parseAddress(address);
  const isSound =
    parsed !== undefined && (prefix === undefined || Number(prefix) <= (familyOf(parsed) === 4 ? 32 : 128));
  if (isSound) return toCidr(prefix === undefined ? parsed : `${parsed}/${Number(prefix)}`);
  say(['sources', index], `${quote(source)} is neither an address nor a subnet`);
  return undefined;
}

/** Reports entries of which only one can listen: the same port at addresses that one socket would take for the other's. */
export function checkOnDemand({ onDemand }: Pick<Config, 'onDemand'>, report: Report): void {
  const seen: { readonly listening: ListeningEntry; readonly origin: Origin }[] = [];
  for (const { origin: entry, listen } of onDemand) {
    const origin = within(entry, 'listen');
    for (const listening of listen) {
      const also = seen.find((other) => isSamePlace(other.listening, listening));
      if (also === undefined) seen.push({ listening, origin });
      else {
        const message = `port ${listening.port} is listened on there already`;
        report({ severity: 'error', code: 'on-demand', origin, message, also: also.origin });
      }
    }
  }
}

function isSamePlace(one: ListeningEntry, other: ListeningEntry): boolean {
  if (one.port !== other.port || one.protocol !== other.protocol) return false;
  if (one.address === undefined || other.address === undefined) return true;
  if (one.address === other.address) return true;
  const everyIpv4 = '0.0.0.0';
  if (one.address !== everyIpv4 && other.address !== everyIpv4) return false;
  return familyOf(one.address) === familyOf(other.address);
}
