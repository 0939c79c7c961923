/** After how many seconds without a packet the kernel forgets a TCP connection: `net.netfilter.nf_conntrack_tcp_timeout_…`. */
export interface Patience {
  readonly established: number;
  /** With bytes that nobody has acknowledged yet. */
  readonly unacknowledged: number;
  /** With bytes that were sent again and again. */
  readonly retransmitted: number;
}

/**
 * For how many seconds nothing has passed on the TCP connection in a line of `conntrack -L`: what has gone by of the time after which it
 * is forgotten, which begins anew with each packet (nf_conntrack_tcp_packet). 0 where that cannot be told.
 */
export function silenceOf(line: string, patience: Patience): number {
  const [, left] = /^tcp +6 +([0-9]{1,9}) ESTABLISHED /.exec(line) ?? [];
  const { established, unacknowledged, retransmitted } = patience;
  // One that is not acknowledged is forgotten sooner, and so much sooner it would seem to be silent.
  if (left === undefined || Number(left) <= Math.max(unacknowledged, retransmitted)) return 0;
  return Math.max(0, established - Number(left));
}
