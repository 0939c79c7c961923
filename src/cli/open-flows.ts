import type { Flow } from '../conntrack/flow.ts';
import { parseFlow } from '../conntrack/parse.ts';
import { type Patience, silenceOf } from '../conntrack/silence.ts';
import type { Host } from '../host/host.ts';
import { enter } from '../host/place.ts';
import { readSysctls } from '../host/sysctl.ts';
import { hostNamespace } from '../model/namespace.ts';
import type { Family } from '../model/ruleset.ts';

/** In these states nothing comes any more. */
const ended = / (TIME_WAIT|CLOSE|LAST_ACK) /;

/**
 * In seconds. Nobody need keep a connection open that has been silent for longer: a NAT on the way may forget it from then on (RFC 5382,
 * REQ-5), and an end that asks whether the other is there does so within two hours by default (RFC 1122, 4.2.3.6).
 */
const longestSilence = 2 * 3600 + 4 * 60;

/** The TCP connections that the kernel tracks, has translated, and that have neither ended nor been silent for longer than connections are kept open. */
export async function openFlows(
  host: Host,
  families: readonly Family[],
  signal: AbortSignal,
): Promise<readonly Flow[]> {
  const patience = await patienceOf(host, signal);
  const isOpen = (line: string) =>
    !ended.test(line) && (patience === undefined || silenceOf(line, patience) <= longestSilence);
  const flows = await Promise.all(
    families.map(async (family) => {
      const listed = await host.run(['conntrack', '-L', '-p', 'tcp', '-f', `ipv${family}`], { signal });
      return listed
        .split('\n')
        .filter(isOpen)
        .flatMap((line) => parseFlow(line, family) ?? []);
    }),
  );
  return flows
    .flat()
    .filter(
      ({ original, reply }) =>
        original.destination !== reply.source || original.destinationPort !== reply.sourcePort,
    );
}

/** Undefined where the kernel does not tell. */
async function patienceOf(host: Host, signal: AbortSignal): Promise<Patience | undefined> {
  const keys = ['established', 'unacknowledged', 'max_retrans'].map(
    (state) => `net.netfilter.nf_conntrack_tcp_timeout_${state}`,
  );
  const values = await enter(host, hostNamespace, (place) => readSysctls(place, keys, signal));
  const [established, unacknowledged, retransmitted] = keys.map((key) =>
    Number(values.get(key) ?? Number.NaN),
  );
  return established !== undefined &&
    unacknowledged !== undefined &&
    retransmitted !== undefined &&
    [established, unacknowledged, retransmitted].every(Number.isFinite)
    ? { established, unacknowledged, retransmitted }
    : undefined;
}
