import type { DiscoveryEntry, Mark, Origin } from '../model/config.ts';
import type { DiscoveryInFile } from '../model/networks-file.ts';
import { readMark } from './marks.ts';
import { type Report, watching, within } from './problem.ts';

/** What an entry of `discovery` asks for; undefined, and reported, when it makes no sense. */
export function readDiscovery(
  entry: DiscoveryInFile,
  origin: Origin,
  report: Report,
): DiscoveryEntry | undefined {
  const watched = watching(report);
  const say = (field: string, message: string, hint?: string): void =>
    watched.report({
      severity: 'error',
      code: 'discovery',
      origin: within(origin, field),
      message,
      ...(hint !== undefined && { hint }),
    });
  const mark = readMarkOf(entry, say);
  const { dnat_iface: dnatIface, mark_iface: markIface, mark_by: markBy = 'connection', masquerade } = entry;
  for (const [field, given] of Object.entries({ mark_by: entry.mark_by, mark_iface: markIface })) {
    if (given !== undefined && mark === undefined)
      say(field, `${field} without mark_published_ports`, 'add mark_published_ports: the mark');
  }
  if (markIface !== undefined && markBy === 'source_port')
    say(
      'mark_iface',
      'mark_iface is for mark_by: connection: by its source port a packet is marked wherever it came from',
    );
  if (markIface !== undefined && markIface === dnatIface)
    say('mark_iface', 'mark_iface is dnat_iface: what comes in there is answered there, unmarked');
  if (watched.sawError()) return undefined;
  return {
    origin,
    network: entry.network,
    enableLabel: entry.enable_label ?? 'network.enable',
    dnatLabel: entry.dnat_label ?? 'network.dnat.ports',
    in: entry.in ?? 'host',
    ...(dnatIface !== undefined && { dnatIface }),
    ...(masquerade !== undefined && { masquerade }),
    ...(mark !== undefined && { mark }),
    markBy,
    ...(markIface !== undefined && { markIface }),
    warmUp: entry.warm_up ?? false,
  };
}

/** A mark of 0 is what every packet has that nobody marked. */
function readMarkOf(
  { mark_published_ports: value }: DiscoveryInFile,
  say: (field: string, message: string, hint?: string) => void,
): Mark | undefined {
  if (value === undefined) return undefined;
  const field = 'mark_published_ports';
  const mark = readMark(value, field, (message) => say(field, message));
  if (mark.mark === 0) say(field, `${field}: 0 marks nothing`, 'choose a number above 0');
  return mark;
}

/** Reports entries that would make the same rules twice. */
export function checkDiscovery(discovery: readonly DiscoveryEntry[], report: Report): void {
  const seen = new Map<string, Origin>();
  for (const entry of discovery) {
    const id = JSON.stringify([entry.in, entry.network, entry.dnatIface, entry.enableLabel, entry.dnatLabel]);
    const also = seen.get(id);
    if (also === undefined) seen.set(id, entry.origin);
    else {
      const message = `discovery in ${entry.network} is there twice`;
      report({ severity: 'error', code: 'discovery', origin: entry.origin, message, also });
    }
  }
}
