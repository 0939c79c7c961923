import { framesProgram } from '../host/frame-sender.ts';
import type { HostProcess } from '../host/host-process.ts';
import type { Outside } from '../host/outside.ts';
import type { ThrowawayHost } from '../host/throwaway-host.ts';

/** Something that came to where it must not come, or an answer to it. */
export interface Sighting {
  readonly where: string;
  readonly frame: Buffer;
}

export interface Watched {
  readonly host: ThrowawayHost;
  /** The machine beyond the host's interface `up0`. */
  readonly internet: Outside;
  readonly internetAddress: string;
  /** The bridges of the networks from which attempts are made. */
  readonly bridges: readonly string[];
  /** The bridge by which what SENTRY sends further comes to the host. */
  readonly uplinkBridge: string;
}

/**
 * Sees what arrives on the internet and SENTRY did not send, what the host sends into the networks of the attempts or passes on with
 * an attempt's token in it, and what the host accepts from those networks behind everybody's rules.
 */
export class Observers {
  readonly #watched: Watched;
  readonly #onHost: HostProcess;
  readonly #beyond: HostProcess;
  readonly #marker: HostProcess;
  readonly #read = { host: 0, beyond: 0 };
  readonly #counted = new Map<string, number>();
  #marks = 0;

  private constructor(
    watched: Watched,
    [onHost, beyond, marker]: readonly [HostProcess, HostProcess, HostProcess],
  ) {
    this.#watched = watched;
    this.#onHost = onHost;
    this.#beyond = beyond;
    this.#marker = marker;
  }

  static async start(watched: Watched): Promise<Observers> {
    const { host, internet, bridges, uplinkBridge } = watched;
    // Nobody's rules come after these: what is counted has been accepted, or goes on to another interface.
    const counting = bridges.flatMap((bridge) => [
      `add rule inet observer input iifname ${bridge} icmpv6 type { 130, 131, 132, 133, 143 } return`,
      `add rule inet observer input iifname ${bridge} meta l4proto igmp return`,
      `add counter inet observer ${bridge}`,
      `add rule inet observer input iifname ${bridge} counter name ${bridge}`,
      `add rule inet observer forward iifname ${bridge} oifname != ${bridge} counter name ${bridge}`,
    ]);
    const chains = ['input', 'forward'].map(
      (hook) => `add chain inet observer ${hook} { type filter hook ${hook} priority 2147483647; }`,
    );
    const table = ['add table inet observer', ...chains, ...counting];
    await host.sh('nft -f -', { input: `${table.join('\n')}\n` });
    const perl = async (...argv: readonly string[]) => await host.spawn(['perl', framesProgram, ...argv]);
    const onHost = await perl('capture', '*=out', `${uplinkBridge}=all`);
    const beyond = await host.spawn(['perl', framesProgram, 'capture', 'eth0=in'], { in: internet });
    for (const capture of [onHost, beyond]) await capture.waitForLine(/^capturing$/);
    return new Observers(watched, [onHost, beyond, await perl()]);
  }

  /** What was seen since the last look, of everything that was sent before this one into the network with the bridge. */
  async look(bridge: string): Promise<readonly Sighting[]> {
    this.#marks += 1;
    const mark = `look-${this.#marks}-`;
    this.#marker.write(`udp ${this.#watched.internetAddress} 9 ${mark}\n`);
    // Frames are captured in the order in which they pass: behind the mark there is nothing older.
    const arrived = new RegExp(Buffer.from(mark).toString('hex'));
    await Promise.all(
      [this.#onHost, this.#beyond].map(async (capture) => await capture.waitForLine(arrived)),
    );
    const passed = this.#frames(this.#onHost, 'host');
    const bySentry = passed
      .filter(isFrom(this.#watched.uplinkBridge, 'in'))
      .map(({ frame }) => essence(frame));
    const onHost = passed.filter(
      ({ device, direction, frame }) =>
        direction === 'out' && (device === bridge ? !isMurmur(frame) : frame.includes('escape-')),
    );
    const unsent = [...bySentry];
    const beyond = this.#frames(this.#beyond, 'beyond').filter(({ frame }) => {
      if (isMurmur(frame) || isNeighbourly(frame) || frame.includes('look-')) return false;
      const at = unsent.indexOf(essence(frame));
      if (at >= 0) unsent.splice(at, 1);
      return at < 0;
    });
    const sent = onHost.filter(({ frame, device }) => device !== 'up0' || !bySentry.includes(essence(frame)));
    const accepted = await this.#accepted(bridge);
    return [
      ...beyond.map(({ frame }) => ({ where: 'arrived on the internet', frame })),
      ...sent.map(({ device, frame }) => ({ where: `sent by the host on ${device}`, frame })),
      ...(accepted > 0 ? [{ where: `accepted by the host: ${accepted}`, frame: Buffer.alloc(0) }] : []),
    ];
  }

  async #accepted(bridge: string): Promise<number> {
    const listed = await this.#watched.host.sh(`nft list counter inet observer ${bridge}`);
    const total = Number(/packets (\d+)/.exec(listed)?.[1]);
    const since = total - (this.#counted.get(bridge) ?? 0);
    this.#counted.set(bridge, total);
    return since;
  }

  #frames({ lines }: HostProcess, which: 'host' | 'beyond'): readonly Captured[] {
    const fresh = lines.slice(this.#read[which]);
    this.#read[which] = lines.length;
    return fresh.flatMap((line) => {
      const [device = '', direction = '', hex] = line.split(' ');
      return hex === undefined ? [] : [{ device, direction, frame: Buffer.from(hex, 'hex') }];
    });
  }
}

interface Captured {
  readonly device: string;
  readonly direction: string;
  readonly frame: Buffer;
}

function isFrom(device: string, direction: 'in' | 'out') {
  return (captured: Captured) => captured.device === device && captured.direction === direction;
}

/** What every kernel says to its neighbours by itself: group memberships, and the search for routers and for a second one of its address. */
function isMurmur(frame: Buffer): boolean {
  const type = frame.readUInt16BE(12);
  if (type === 0x0800) return frame[23] === 2;
  // A bridge that announces its own address asks for it.
  if (type === 0x0806) return frame.subarray(28, 32).equals(frame.subarray(38, 42));
  if (type !== 0x86dd) return false;
  const next = frame[20];
  return next === 0 || (next === 58 && [133, 135, 143].includes(frame[54] ?? 0));
}

/** How two neighbours find each other; none of it is ever passed on. */
function isNeighbourly(frame: Buffer): boolean {
  const type = frame.readUInt16BE(12);
  return type === 0x0806 || (type === 0x86dd && frame[20] === 58 && frame[21] === 255);
}

/** What stays the same of a packet when it is masqueraded: neither addresses, ports nor checksums. */
function essence(frame: Buffer): string {
  const isIpv6 = frame.readUInt16BE(12) === 0x86dd;
  const start = 14 + (isIpv6 ? 40 : 20);
  const end = 14 + (isIpv6 ? 40 : 0) + frame.readUInt16BE(isIpv6 ? 18 : 16);
  const protocol = frame[isIpv6 ? 20 : 23] ?? 0;
  const segment = Buffer.from(frame.subarray(start + (protocol === 6 ? 4 : 8), end));
  if (protocol === 6) segment.fill(0, 12, 14);
  return `${protocol} ${segment.toString('hex')}`;
}
