import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Target } from '../../src/model/ruleset.ts';
import { lacking, storeUnderTest } from '../host/engine-under-test.ts';
import { startHost, type ThrowawayHost } from '../host/throwaway-host.ts';
import {
  applied,
  containerIn,
  effects,
  effectsConfined,
  look,
  namespaceOf,
  operation,
  type Seen,
} from './effects.ts';

const isPodman = lacking("its networks have no options of Docker's", 'podman');

describe.skipIf(isPodman)('what is applied in a namespace is observed there', () => {
  let host: ThrowawayHost;
  beforeAll(async () => {
    host = await startHost();
    await host.network('front', {
      subnet: '172.31.1.0/24',
      options: { 'com.docker.network.bridge.name': 'br-front' },
    });
    await Promise.all(['web', 'vpn', 'idle'].map((name) => host.container(name)));
    await host.container('guest', { networkMode: 'container:vpn' });
    await host.container('onhost', { networkMode: 'host' });
  });
  afterAll(() => host.stop());

  test('who shares a namespace: with another container, or with the host', async () => {
    const seen = await look(host);
    expect(containerIn(seen, 'guest').namespace).toBe(containerIn(seen, 'vpn').namespace);
    expect(containerIn(seen, 'vpn').namespace).toMatch(/^net:\[\d+\]$/);
    expect(containerIn(seen, 'onhost')).toMatchObject({ namespace: 'host', endpoints: [] });
    expect(containerIn(seen, 'web').namespace).not.toBe(containerIn(seen, 'vpn').namespace);
  });

  test('rules, routes and sysctls in a container, and none of them on the host', async () => {
    const seen = await look(host);
    const namespace = containerIn(seen, 'vpn').namespace ?? '';
    const before = await host.save();
    const outcomes = await applied(
      host,
      operation({
        kind: 'restore-table',
        namespace,
        backend: storeUnderTest,
        family: 4,
        table: 'nat',
        chains: [
          {
            name: 'NETWRIGHT-PREROUTING',
            rules: [
              {
                match: { protocol: 'tcp', destinationPorts: [{ from: 80, to: 80 }] },
                target: { kind: 'dnat', address: '172.31.1.9' },
              },
            ],
          },
        ],
        unhook: [],
        hook: [{ chain: 'PREROUTING', to: 'NETWRIGHT-PREROUTING' }],
        removeChains: [],
        removeTable: false,
      }),
      operation({
        kind: 'add-route',
        namespace,
        route: { family: 4, type: 'unicast', to: '10.77.0.0/16', via: '172.17.0.1', table: '200' },
      }),
      operation({ kind: 'add-routing-rule', namespace, rule: { family: 4, fwmark: '0x2', table: '200' } }),
      operation({
        kind: 'set-sysctl',
        namespace,
        key: 'net.ipv4.conf.lo.rp_filter',
        value: '2',
        former: 'remember',
      }),
    );
    expect(outcomes).toEqual(['done', 'done', 'done', 'done']);
    const inside = namespaceOf(await look(host), 'vpn');
    const nat = inside?.tables.find(({ family, table }) => family === 4 && table === 'nat');
    expect(nat?.chains['NETWRIGHT-PREROUTING']).toHaveLength(1);
    expect(nat?.jumps).toContainEqual({ chain: 'PREROUTING', position: 1, to: 'NETWRIGHT-PREROUTING' });
    expect(inside?.routes).toContainEqual(
      expect.objectContaining({ to: '10.77.0.0/16', via: '172.17.0.1', table: '200', owned: true }),
    );
    expect(inside?.rules).toContainEqual(
      expect.objectContaining({ fwmark: '0x2', table: '200', owned: true }),
    );
    expect(inside?.sysctls).toEqual({ 'net.ipv4.conf.lo.rp_filter': '2' });
    expect(inside?.formerSysctls).toEqual({ 'net.ipv4.conf.lo.rp_filter': '0' });
    expect(inside?.interfaces).toContainEqual(expect.objectContaining({ name: 'eth0', isUp: true }));
    expect(await host.save()).toEqual(before);
  });

  test('what fails among several in a container is told of that one, and the rest is done, once', async () => {
    const namespace = containerIn(await look(host), 'web').namespace ?? '';
    const table = (name: 'mangle' | 'raw', chain: string, target: Target) =>
      operation({
        kind: 'restore-table',
        namespace,
        backend: storeUnderTest,
        family: 4,
        table: name,
        chains: [{ name: chain, rules: [{ match: { protocol: 'tcp' }, target }] }],
        unhook: [],
        hook: [{ chain: 'PREROUTING', to: chain }],
        removeChains: [],
        removeTable: false,
      });
    const route = (to: string, via: string) =>
      operation({
        kind: 'add-route',
        namespace,
        route: { family: 4, type: 'unicast', to, via, table: '200' },
      });
    const outcomes = await applied(
      host,
      operation({
        kind: 'set-sysctl',
        namespace,
        key: 'net.ipv4.ip_forward',
        value: 'x',
        former: 'remember',
        was: '0',
      }),
      table('mangle', 'NETWRIGHT-MARK', { kind: 'accept' }),
      table('raw', 'NETWRIGHT-RAW', { kind: 'dnat', address: '172.31.1.9' }),
      route('10.78.0.0/16', '192.0.2.1'),
      route('10.79.0.0/16', '172.17.0.1'),
    );
    expect(outcomes).toEqual([
      'failed: net.ipv4.ip_forward = x was not accepted: the kernel does not take this value',
      'done',
      expect.stringMatching(/^failed: the kernel refuses .*dnat.*, all else is in force: /),
      'failed: ip: Nexthop has invalid gateway.',
      'done',
    ]);
    const inside = namespaceOf(await look(host), 'web');
    const mangle = inside?.tables.find(({ family, table: name }) => family === 4 && name === 'mangle');
    expect(mangle?.jumps.filter(({ to }) => to === 'NETWRIGHT-MARK')).toHaveLength(1);
    expect(inside?.routes.filter(({ owned }) => owned).map(({ to }) => to)).toEqual(['10.79.0.0/16']);
  });

  test('a namespace with nothing of ours is looked at once, and again when the file names it', async () => {
    const { pid } = containerIn(await look(host), 'idle');
    const rule = ['ip', 'rule', 'add', 'fwmark', '9', 'table', '9', 'protocol', '78'];
    const [first, , second, third] = await effects(
      host,
      { do: 'look' },
      { do: 'run', argv: ['nsenter', `--net=/proc/${pid ?? 0}/ns/net`, ...rule] },
      { do: 'look' },
      { do: 'look', desired: { idle: ['net.ipv4.ip_forward', 'net.ipv4.no_such_thing'] } },
    );
    expect(namespaceOf(first as Seen, 'idle')).toBeUndefined();
    expect(namespaceOf(second as Seen, 'idle')).toBeUndefined();
    const named = namespaceOf(third as Seen, 'idle');
    expect(named?.rules).toContainEqual(expect.objectContaining({ fwmark: '0x9', owned: true }));
    expect(named?.sysctls).toEqual({ 'net.ipv4.ip_forward': '0', 'net.ipv4.no_such_thing': null });
  });

  test('a restarted container has nothing of ours, though the kernel may have given it the same namespace number', async () => {
    await effects(host, { do: 'restart', container: 'vpn' });
    await host.docker.getContainer('guest').stop({ t: 0 });
    expect(namespaceOf(await look(host), 'vpn')).toBeUndefined();
    const desired = namespaceOf(await look(host, { vpn: ['net.ipv4.conf.lo.rp_filter'] }), 'vpn');
    expect(desired?.sysctls).toEqual({ 'net.ipv4.conf.lo.rp_filter': '0' });
    expect(desired?.formerSysctls).toEqual({});
  });

  test('a container that was restarted since it was looked at is not entered', async () => {
    const namespace = containerIn(await look(host), 'vpn').namespace ?? '';
    const [, , outcomes] = await effects(
      host,
      { do: 'look' },
      { do: 'restart', container: 'vpn' },
      {
        do: 'apply',
        operations: [
          operation({ kind: 'add-routing-rule', namespace, rule: { family: 4, fwmark: '0x7', table: '7' } }),
        ],
      },
    );
    expect(outcomes).toEqual([expect.stringMatching(/^failed: the network namespace .* is gone/)]);
    expect(namespaceOf(await look(host), 'vpn')).toBeUndefined();
  });

  test('a sysctl of the host, put back to what it was', async () => {
    const key = 'net.ipv4.conf.br-front.rp_filter';
    const set = { kind: 'set-sysctl', namespace: 'host', key } as const;
    const was = (await host.sh(`cat /proc/sys/${key.replaceAll('.', '/')}`)).trim();
    expect(was).not.toBe('2');
    const both = [
      operation({ ...set, value: '2', former: 'remember' }),
      operation({ ...set, value: '1', former: 'keep' }),
    ];
    expect(await applied(host, ...both)).toEqual(['done', 'done']);
    const changed = (await look(host)).namespaces.find(({ id }) => id === 'host');
    expect(changed).toMatchObject({ sysctls: { [key]: '1' }, formerSysctls: { [key]: was } });
    expect(await host.sh('stat -c %a /run/netwright/default /run/netwright/default/sysctls.json')).toBe(
      '700\n600\n',
    );
    expect(await applied(host, operation({ ...set, value: was, former: 'restore' }))).toEqual(['done']);
    const restored = (await look(host)).namespaces.find(({ id }) => id === 'host');
    expect(restored).toMatchObject({ sysctls: {}, formerSysctls: {} });
    expect((await host.sh(`cat /proc/sys/${key.replaceAll('.', '/')}`)).trim()).toBe(was);
  });

  test('a sysctl is set from where /proc/sys is read-only, by way of the first process', async () => {
    const namespace = containerIn(await look(host), 'idle').namespace ?? '';
    const set = {
      kind: 'set-sysctl',
      key: 'net.ipv4.conf.lo.rp_filter',
      value: '2',
      former: 'keep',
    } as const;
    const [, confined, outcomes] = await effectsConfined(
      host,
      { do: 'look' },
      { do: 'run', argv: ['sh', '-c', 'echo 0 2>&1 >/proc/sys/net/ipv4/conf/lo/rp_filter || true'] },
      {
        do: 'apply',
        operations: [operation({ ...set, namespace }), operation({ ...set, namespace: 'host' })],
      },
    );
    expect(confined).toContain('Read-only file system');
    expect(outcomes).toEqual(['done', 'done']);
    const seen = await look(host, { idle: [set.key], host: [set.key] });
    expect(namespaceOf(seen, 'idle')?.sysctls).toEqual({ [set.key]: '2' });
    expect(seen.namespaces.find(({ id }) => id === 'host')?.sysctls).toEqual({ [set.key]: '2' });
  });

  test('a sysctl that the kernel does not have or take, in its own words', async () => {
    const namespace = containerIn(await look(host), 'idle').namespace ?? '';
    const set = (key: string, where: string) =>
      operation({ kind: 'set-sysctl', namespace: where, key, value: 'x', former: 'keep' });
    const outcomes = await applied(
      host,
      set('net.ipv4.no_such_thing', 'host'),
      set('net.ipv4.no_such_thing', namespace),
      set('net.ipv4.ip_forward', 'host'),
      set('net.ipv4.ip_forward', namespace),
      set('kernel.hostname', 'host'),
    );
    expect(outcomes.map((outcome) => outcome.replace(/.*accepted: /, ''))).toEqual([
      'the kernel has no such sysctl here',
      'the kernel has no such sysctl here',
      'the kernel does not take this value',
      'the kernel does not take this value',
      'it is not the name of a sysctl under net',
    ]);
  });
});
