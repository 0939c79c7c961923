import { describe, expect, test } from 'vitest';
import { parseRoutes, parseRules } from '../../../src/iproute/parse.ts';
import { parseLinks } from '../../../src/iproute/parse-links.ts';
import { ownership } from '../../../src/model/ownership.ts';

const ours = ownership();
const routes = (...entries: unknown[]) => parseRoutes(JSON.stringify(entries), ours);
const rules = (...entries: unknown[]) => parseRules(JSON.stringify(entries), 4, ours);

describe('the routes that ip prints', () => {
  test('a route has its family, its full destination and its table', () => {
    expect(
      routes(
        {
          dst: '10.9.1.1',
          gateway: '10.0.0.2',
          dev: 'd0',
          table: '200',
          protocol: '78',
          metric: 5,
          flags: [],
        },
        { dst: 'default', dev: 'd1', protocol: 'static', scope: 'link', prefsrc: '10.0.0.1', flags: [] },
        {
          dst: 'fd01::5',
          gateway: 'fd00::3',
          dev: 'd0',
          protocol: '79',
          metric: 1024,
          flags: [],
          pref: 'medium',
        },
        { dst: 'default', dev: 'd1', metric: 7, flags: [], pref: 'medium' },
      ),
    ).toEqual([
      {
        family: 4,
        type: 'unicast',
        to: '10.9.1.1/32',
        via: '10.0.0.2',
        dev: 'd0',
        table: '200',
        metric: 5,
        owned: true,
      },
      { family: 4, type: 'unicast', to: 'default', dev: 'd1', table: 'main', src: '10.0.0.1', owned: false },
      {
        family: 6,
        type: 'unicast',
        to: 'fd01::5/128',
        via: 'fd00::3',
        dev: 'd0',
        table: 'main',
        metric: 1024,
        owned: false,
      },
      { family: 6, type: 'unicast', to: 'default', dev: 'd1', table: 'main', metric: 7, owned: false },
    ]);
  });

  test('names and numbers mean the same', () => {
    const entry = { dst: '10.0.0.0/8', flags: [] };
    const named = routes({ ...entry, type: 'blackhole', table: 'default' }, { ...entry, table: 'main' });
    const numbered = routes({ ...entry, type: '6', table: '253' }, { ...entry, type: '1', table: '254' });
    expect(named).toEqual(numbered);
    expect(named.map(({ type, table }) => [type, table])).toEqual([
      ['blackhole', '253'],
      ['unicast', 'main'],
    ]);
  });

  test('a blackhole leaves by no interface, though IPv6 prints lo', () => {
    expect(routes({ type: 'blackhole', dst: 'fd02::/64', dev: 'lo', metric: 1024, pref: 'medium' })).toEqual([
      { family: 6, type: 'blackhole', to: 'fd02::/64', table: 'main', metric: 1024, owned: false },
    ]);
  });

  test('a gateway of the other family is a gateway', () => {
    const via = { family: 'inet6', host: 'fe80::1' };
    expect(routes({ dst: '10.0.0.0/8', via, dev: 'd0' })[0]).toMatchObject({ family: 4, via: 'fe80::1' });
  });

  test('of the local table only ours is there', () => {
    const own = { dst: '127.0.0.11', gateway: '10.0.0.1', dev: 'd0', table: '255', protocol: '78' };
    expect(routes(own, { ...own, protocol: '2' })).toMatchObject([
      { to: '127.0.0.11/32', table: '255', owned: true },
    ]);
  });

  test('a route by several ways of ours is there, so that it can be removed', () => {
    const nexthops = [{ gateway: '10.0.0.3', dev: 'd0', weight: 1, flags: [] }];
    expect(routes({ dst: '10.3.0.0/16', protocol: '78', flags: [], nexthops })).toEqual([
      { family: 4, type: 'unicast', to: '10.3.0.0/16', table: 'main', owned: true },
    ]);
  });

  test("the kernel's own and what we have no words for is left out", () => {
    expect(
      routes(
        { type: 'local', dst: '10.0.0.1', dev: 'd0', table: 'local', protocol: 'kernel' },
        { type: '5', dst: 'ff00::/8', dev: 'd0', table: '255', protocol: '2', pref: 'medium' },
        { dst: '10.0.0.0/8', table: 'local' },
        { dst: '10.0.0.0/8', table: 'a-name-of-the-machine' },
        { dst: '10.0.0.0/8', tos: '0x10' },
        { dst: 'fd00::/8', from: 'fd01::/16', pref: 'medium' },
        { dst: 'default', gateway: 'fe80::9', dev: 'd0', protocol: 'ra', expires: 1791, pref: 'medium' },
        { dst: '10.0.0.0/99' },
        { dst: 7 },
        {},
        null,
        [[]],
        'default',
      ),
    ).toEqual([]);
  });

  test('nothing is no route, and what is not JSON is an error', () => {
    expect(parseRoutes('', ours)).toEqual([]);
    expect(parseRoutes('[  ]\n', ours)).toEqual([]);
    expect(parseRoutes('{}', ours)).toEqual([]);
    expect(() => parseRoutes('default via 10.0.0.1 dev eth0', ours)).toThrow();
  });

  test('ownership goes by the number of the protocol, that of another instance is foreign', () => {
    const other = ownership('other');
    const text = JSON.stringify([{ dst: '10.0.0.0/8', protocol: `${other.routeProtocol}` }]);
    expect(parseRoutes(text, ours)[0]?.owned).toBe(false);
    expect(parseRoutes(text, other)[0]?.owned).toBe(true);
  });
});

describe('the rules that ip prints', () => {
  test('a rule has its selectors, its table and its priority', () => {
    expect(
      rules(
        {
          priority: 999,
          src: '10.1.0.0',
          srclen: 16,
          dst: '10.2.3.4',
          iif: 'd0',
          oif: 'd1',
          table: '254',
          protocol: '78',
        },
        { priority: 995, src: 'all', iif: 'gone', iif_detached: null, table: '77', protocol: '3' },
        { priority: 32766, src: 'all', table: 'main' },
      ),
    ).toEqual([
      {
        family: 4,
        from: '10.1.0.0/16',
        to: '10.2.3.4/32',
        iif: 'd0',
        oif: 'd1',
        table: 'main',
        priority: 999,
        owned: true,
      },
      { family: 4, iif: 'gone', table: '77', priority: 995, owned: false },
      { family: 4, table: 'main', priority: 32766, owned: false },
    ]);
  });

  test.each([
    ['0x2', undefined, '0x2'],
    ['0x10', '0xf0', '0x10/0xf0'],
    ['0xFF', '0xffffffff', '0xff'],
    ['0', '0xff', '0x0/0xff'],
  ])('mark %s with mask %s is %s', (fwmark, fwmask, expected) => {
    expect(rules({ priority: 1, src: 'all', fwmark, ...(fwmask && { fwmask }), table: '5' })[0]?.fwmark).toBe(
      expected,
    );
  });

  test("the kernel's own and what we have no words for is left out", () => {
    const rule = { priority: 5, src: 'all', table: '5' };
    expect(
      rules(
        { priority: 0, src: 'all', table: 'local' },
        { priority: 5, src: 'all', goto: 32766 },
        { priority: 8, src: 'all', l3mdev: null },
        { priority: 9, src: 'all', action: 'blackhole' },
        { ...rule, not: null },
        { ...rule, suppress_prefixlen: 0 },
        { ...rule, ipproto: 'tcp', sport: 80 },
        { ...rule, uid_start: 1, uid_end: 2 },
        { ...rule, src: 'nonsense' },
        { ...rule, fwmark: 'nonsense' },
        { ...rule, priority: 'first' },
        { src: 'all', table: '5' },
        7,
      ),
    ).toEqual([]);
  });
});

test('interfaces are found by name and index, and what has none is left out', () => {
  const printed =
    '[{"ifindex":1,"ifname":"lo","flags":["LOOPBACK","UP"]},{},{"ifindex":2,"link":"d0","ifname":"d1"}]';
  expect(parseLinks(printed)).toEqual([
    { name: 'lo', index: 1, isUp: true },
    { name: 'd1', index: 2, isUp: false },
  ]);
});
