import { expect } from 'vitest';
import type { ContainerOptions } from '../host/container.ts';
import type { ExecResult, Place } from '../host/inside.ts';
import type { Outcome } from '../host/probes.ts';
import { type HostOptions, startHost, type ThrowawayHost } from '../host/throwaway-host.ts';

type Protocol = 'tcp' | 'udp';

/** Somebody on the scene, known by one address of each family. */
export interface Member {
  readonly name: string;
  readonly place: Place;
  readonly addresses: readonly string[];
}

/** The subnets of the scene's network of this number. */
export function subnets(number: number): { readonly subnet: readonly string[] } {
  return { subnet: [`172.30.${number}.0/24`, `fd30:${number}::/64`] };
}

/** An address of each family in them. */
export function at(number: number, last: number): readonly string[] {
  return [`172.30.${number}.${last}`, `fd30:${number}::${last}`];
}

/** The `ips` of a file: containers by their addresses. */
export function named(containers: Readonly<Record<string, readonly string[]>>): object {
  const entries = Object.entries(containers).flatMap(([container_name, addresses]) =>
    addresses.map((address) => [address, { container_name }] as const),
  );
  return Object.fromEntries(entries);
}

interface Networks {
  readonly [name: string]: { readonly subnet: readonly string[] } & Readonly<Record<string, unknown>>;
}

/** A host with networks of the file, containers in them, and a machine beyond its interface `wg0`. */
export class Scene {
  readonly host: ThrowawayHost;
  /** Allowed by policies that name 10.9.0.2 and fd09::2. */
  readonly peer: Member;
  /** Another address of the same machine. */
  readonly stranger: Member;

  private constructor(host: ThrowawayHost, beyond: Place) {
    this.host = host;
    this.peer = { name: 'peer', place: beyond, addresses: ['10.9.0.2', 'fd09::2'] };
    this.stranger = { name: 'stranger', place: beyond, addresses: ['10.9.0.3', 'fd09::3'] };
  }

  static async start(options: HostOptions = {}): Promise<Scene> {
    const host = await startHost(options);
    try {
      const beyond = await host.outside(
        'wg0',
        ['10.9.0.1/24', 'fd09::1/64'],
        ['10.9.0.2/24', '10.9.0.3/24', 'fd09::2/64', 'fd09::3/64'],
      );
      const scene = new Scene(host, beyond);
      await scene.listen(scene.peer);
      return scene;
    } catch (error) {
      await host.stop();
      throw error;
    }
  }

  /** The host, by its addresses outside or other ones. */
  theHost(addresses: readonly string[] = ['10.9.0.1', 'fd09::1']): Member {
    return { name: 'host', place: this.host, addresses };
  }

  /** A container that answers at its addresses in a network. */
  async member(
    name: string,
    network: string,
    addresses: readonly string[],
    more: ContainerOptions = {},
  ): Promise<Member> {
    const [ipv4 = '', ipv6] = addresses;
    const attached = { ipv4, ...(ipv6 !== undefined && { ipv6 }) };
    const place = await this.host.container(name, { networks: { [network]: attached }, ...more });
    const member = { name, place, addresses };
    await this.listen(member);
    return member;
  }

  /** Answers on tcp 80 and 81 and udp 123 and 124; each address by itself, or the answer to udp would come from another one. */
  async listen({ name, place, addresses }: Member): Promise<void> {
    for (const address of addresses) {
      for (const port of [80, 81]) await this.host.listen(place, { port, address, reply: name });
      for (const port of [123, 124])
        await this.host.listen(place, { port, address, proto: 'udp', reply: name });
    }
  }

  /** What `apply` said; afterwards a second one has nothing to do. */
  async apply(
    networks: Networks,
    policies: readonly object[] = [],
    ips: object = {},
    more: object = {},
  ): Promise<ExecResult> {
    const file = { networks, ips, policies, ...more };
    const applied = await this.host.netwright(['apply'], { file });
    expect(applied).toMatchObject({ exitCode: 0, stderr: '' });
    const again = await this.host.netwright(['apply'], { file });
    expect(again).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^No changes\./) as string });
    return applied;
  }

  async ask(from: Member, address: string, port = 80, proto: Protocol = 'tcp'): Promise<Outcome> {
    const localAddress = from.addresses.find((own) => own.includes(':') === address.includes(':'));
    const isOutside = from.place === this.peer.place;
    return await this.host.connect(from.place, {
      address,
      port,
      proto,
      ...(isOutside && localAddress !== undefined && { localAddress }),
    });
  }

  async expectOpen(from: Member, to: Member, port = 80, proto: Protocol = 'tcp'): Promise<void> {
    for (const address of to.addresses)
      expect([from.name, address, port, await this.ask(from, address, port, proto)]).toMatchObject([
        from.name,
        address,
        port,
        { kind: 'answered', by: to.name },
      ]);
  }

  /** Dropped on the way: who is asked does answer, but only itself. */
  async expectClosed(from: Member, to: Member, port = 80, proto: Protocol = 'tcp'): Promise<void> {
    await Promise.all(
      to.addresses.map(async (address) => {
        expect(await this.ask({ ...to, addresses: [] }, address, port, proto)).toMatchObject({ by: to.name });
        expect([from.name, address, port, await this.ask(from, address, port, proto)]).toEqual([
          from.name,
          address,
          port,
          { kind: 'timeout' },
        ]);
      }),
    );
  }

  /** Whether each address of the target answers a ping. */
  async pings(from: Member, to: Member): Promise<readonly boolean[]> {
    return await Promise.all(
      to.addresses.map(async (address) => {
        const argv = ['busybox', 'ping', '-c1', '-W1', address];
        const { stdout, stderr } = await this.host.exec(argv, { in: from.place });
        const received = /1 packets transmitted, ([01]) packets received/.exec(stdout)?.[1];
        if (received === undefined) throw new Error(`ping ${address}: ${stdout}${stderr}`);
        return received === '1';
      }),
    );
  }
}
