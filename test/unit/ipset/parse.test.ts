import { describe, expect, test } from 'vitest';
import { parseSets } from '../../../src/ipset/parse.ts';
import { ownership } from '../../../src/model/ownership.ts';

const ours = ownership();
const kernels = 'bucketsize 12 initval 0x1016a9b6';

function set(name: string, traits: string, ...elements: readonly string[]): string {
  return [`create ${name} ${traits} ${kernels}`, ...elements.map((text) => `add ${name} ${text}`), ''].join(
    '\n',
  );
}

const allow = 'hash:ip,port,net family inet hashsize 1024 maxelem 1048576 counters comment';

describe('the output of ipset save', () => {
  test('our sets are read, with what each element has counted, and those of others are not', () => {
    const text =
      set('blocked', 'hash:ip family inet hashsize 1024 maxelem 65536', '10.0.0.1') +
      set('netwright-x-allow', allow, '10.0.0.9,tcp:80,10.0.0.0/8 packets 1 bytes 1') +
      set(
        'netwright-allow',
        allow,
        '10.1.0.5,tcp:80,10.2.0.0/24 packets 5 bytes 300 comment "allow app -> db tcp/80"',
        '10.1.0.5,17:53,10.2.0.1 packets 0 bytes 0',
      ) +
      set('netwright-allow-2', allow, '10.9.9.9,tcp:80,10.2.0.0/24 packets 5 bytes 300') +
      set(
        'netwright-links',
        'hash:net,iface family inet hashsize 64 maxelem 1048576 comment',
        '0.0.0.0/0,br0.100 comment "front"',
      );
    const found = parseSets(text, ours);
    expect(found.map(({ name, type, family, isComplete }) => [name, type, family, isComplete])).toEqual([
      ['netwright-allow', 'hash:ip,port,net', 4, true],
      ['netwright-links', 'hash:net,iface', 4, true],
    ]);
    expect([...(found[0]?.elements.values() ?? [])]).toEqual([
      { entry: '10.1.0.5,tcp:80,10.2.0.0/24', comment: 'allow app -> db tcp/80', packets: 5, bytes: 300 },
      { entry: '10.1.0.5,udp:53,10.2.0.1', packets: 0, bytes: 0 },
    ]);
    expect([...(found[1]?.elements.keys() ?? [])]).toEqual(['0.0.0.0/0,br0.100']);
  });

  test('IPv6 addresses come in hexadecimal, whatever else they look like', () => {
    const traits = allow.replace('inet', 'inet6');
    const text = set(
      'netwright-allow6',
      traits,
      'fd00::5,6:80,6::/16 packets 0 bytes 0',
      '::5.6.7.8,udp:80,::1.2.3.4 packets 0 bytes 0',
    );
    expect([...(parseSets(text, ours)[0]?.elements.keys() ?? [])]).toEqual([
      'fd00::5,tcp:80,6::/16',
      '::506:708,udp:80,::102:304',
    ]);
  });

  test.each([
    ['without counters', allow.replace(' counters', '')],
    ['without comments', allow.replace(' comment', '')],
    ['with room for too few', allow.replace('1048576', '65536')],
    ['whose elements vanish', `${allow} timeout 600`],
  ])('a set %s is not complete', (_, traits) => {
    expect(parseSets(set('netwright-allow', traits), ours)).toMatchObject([
      { type: 'hash:ip,port,net', isComplete: false },
    ]);
  });

  test('a set of another type is one of ours all the same', () => {
    const text = set('netwright-nets-new', 'list:set size 8', 'blocked');
    expect(parseSets(text, ours)).toMatchObject([{ name: 'netwright-nets-new', type: 'other' }]);
  });

  test('an element with more to it than a comment is not taken for one of ours', () => {
    const text = set(
      'netwright-nets',
      'hash:net family inet hashsize 64 maxelem 1048576 comment',
      '10.0.0.0/8 nomatch',
      '10.1.0.0/16 nomatch comment "x"',
    );
    const comments = [...(parseSets(text, ours)[0]?.elements.values() ?? [])].map(({ comment }) => comment);
    expect(comments).toEqual([' nomatch', ' nomatch comment "x"']);
  });

  test('ten thousand elements are read in well under a fiftieth of a second', () => {
    const elements = Array.from(
      { length: 10_000 },
      (_, n) =>
        `172.18.${n >> 8}.${n & 255},tcp:${n + 1},10.0.0.0/8 packets 12 bytes 3400 comment "allow client-${n} -> server-${n} tcp/80"`,
    );
    const text = set('netwright-allow', allow, ...elements);
    const times = Array.from({ length: 9 }, () => {
      const start = process.cpuUsage();
      expect(parseSets(text, ours)[0]?.elements.size).toBe(10_000);
      return process.cpuUsage(start).user / 1000;
    });
    expect(Math.min(...times)).toBeLessThan(20);
  });
});
