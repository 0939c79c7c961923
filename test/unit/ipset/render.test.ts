import { describe, expect, test } from 'vitest';
import { renderRemove, renderSaves, renderUpdate } from '../../../src/ipset/render.ts';
import { ownership } from '../../../src/model/ownership.ts';
import type { SetElement } from '../../../src/model/sets.ts';

const ours = ownership();
type Operation = Parameters<typeof renderUpdate>[0];

const allow: Operation = {
  set: 'netwright-allow',
  family: 4,
  type: 'hash:ip,port,net',
  how: 'change',
  add: [],
  remove: [],
};
const element = (entry: string, comment?: string): SetElement => ({
  entry,
  ...(comment !== undefined && { comment }),
});

describe('an update of a set as text', () => {
  test('adds before it removes, protocols by their numbers', () => {
    const add = [element('10.1.0.5,tcp:80,10.2.0.0/24', 'a -> b'), element('10.1.0.5,sctp:9,10.2.0.1')];
    const remove = [element('10.1.0.5,udp:53,10.2.0.0/24', 'gone')];
    expect(renderUpdate({ ...allow, add, remove }, ours)).toEqual([
      'add -exist netwright-allow 10.1.0.5,6:80,10.2.0.0/24 comment "a -> b"',
      'add -exist netwright-allow 10.1.0.5,132:9,10.2.0.1',
      'del -exist netwright-allow 10.1.0.5,17:53,10.2.0.0/24',
    ]);
  });

  test('makes a set with room for all elements there may be, and a bucket for each that there is', () => {
    const add = Array.from({ length: 300 }, (_, n) => element(`10.1.${n >> 8}.${n & 255},tcp:80,10.2.0.1`));
    expect(renderUpdate({ ...allow, how: 'create', add }, ours)[0]).toBe(
      'create -exist netwright-allow hash:ip,port,net family inet hashsize 512 maxelem 1048576 counters comment',
    );
  });

  test('puts a new set in the place of one that is in use', () => {
    const links: Operation = {
      ...allow,
      set: 'netwright-links6',
      family: 6,
      type: 'hash:net,iface',
      how: 'swap',
      add: [element('::/0,br-0', 'front')],
    };
    expect(renderUpdate(links, ours)).toEqual([
      'create -exist netwright-links6-new hash:net,iface family inet6 hashsize 64 maxelem 1048576 comment',
      'flush netwright-links6-new',
      'add -exist netwright-links6-new ::/0,br-0 comment "front"',
      'swap netwright-links6-new netwright-links6',
      'destroy netwright-links6-new',
    ]);
  });

  test.each<readonly [string, Operation]>([
    ['a set of somebody else', { ...allow, set: 'blocked' }],
    ['a set of another instance', { ...allow, set: 'netwright-x-allow' }],
    ['two lines in an entry', { ...allow, add: [element('10.1.0.5,tcp:80,10.2.0.1\ndestroy')] }],
    ['two words in an entry', { ...allow, add: [element('10.1.0.5,tcp:80,10.2.0.1 nomatch')] }],
    ['a name in place of an address', { ...allow, add: [element('db,tcp:80,10.2.0.1')] }],
    ['a range of addresses', { ...allow, add: [element('10.1.0.5-10.1.0.9,tcp:80,10.2.0.1')] }],
    ['an address of the other family', { ...allow, add: [element('fd00::1,tcp:80,fd00::2')] }],
    ['a protocol of another kind', { ...allow, add: [element('10.1.0.5,icmp:8,10.2.0.1')] }],
    ['an element of another type', { ...allow, remove: [element('10.1.0.0/16')] }],
    [
      'a comment of two lines',
      { ...allow, add: [element('10.1.0.5,tcp:80,10.2.0.1', 'a\ndestroy netwright-allow')] },
    ],
    ['a comment with a quote', { ...allow, add: [element('10.1.0.5,tcp:80,10.2.0.1', 'a" nomatch "')] }],
    ['a comment that is an option', { ...allow, add: [element('10.1.0.5,tcp:80,10.2.0.1', '-exist')] }],
    ['no comment in quotes', { ...allow, add: [element('10.1.0.5,tcp:80,10.2.0.1', '')] }],
    ['a comment too long', { ...allow, add: [element('10.1.0.5,tcp:80,10.2.0.1', 'x'.repeat(256))] }],
    [
      'two words in place of an interface',
      { ...allow, type: 'hash:net,iface', add: [element('10.0.0.0/8,br0 nomatch')] },
    ],
    ['a port of a bridge', { ...allow, type: 'hash:net,iface', add: [element('10.0.0.0/8,physdev:br0')] }],
  ])('is refused for %s', (_, operation) => {
    expect(() => renderUpdate(operation, ours)).toThrow();
  });
});

test('sets of others are neither taken away nor read', () => {
  expect(renderRemove('netwright-nets', ours)).toEqual(['destroy -exist netwright-nets']);
  expect(renderSaves(['netwright-nets', 'netwright-allow6-new'], ours)).toEqual([
    'save netwright-nets',
    'save netwright-allow6-new',
  ]);
  expect(() => renderRemove('blocked', ours)).toThrow('not a set of ours');
  expect(() => renderSaves(['blocked'], ours)).toThrow('not a set of ours');
});
