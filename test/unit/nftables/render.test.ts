import { expect, test } from 'vitest';
import type { FrameTable } from '../../../src/model/frames.ts';
import { renderFrames } from '../../../src/nftables/render.ts';

const table = (port: string): FrameTable => ({
  sets: [
    { name: 'ports', of: ['ifname'], elements: [[port]] },
    { name: 'taken4', of: ['ipv4_addr'], elements: [] },
  ],
  chains: [
    { name: 'adverts', rules: [{ tests: [{ of: ['iifname'], not: true, is: port }], verdict: 'drop' }] },
    {
      name: 'prerouting',
      hook: 'prerouting',
      rules: [
        { tests: [{ of: ['iifname', 'ip saddr'], not: true, is: '@at4' }], verdict: 'drop' },
        { tests: [{ of: ['ether type'], is: ['ip', 'arp'] }], verdict: { jump: 'adverts' } },
      ],
    },
  ],
});

test('a table takes the place of the one that is there', () => {
  expect(renderFrames('netwright', table('veth1'))).toBe(`add table bridge netwright
delete table bridge netwright
table bridge netwright {
set ports { type ifname; elements = { "veth1" }; }
set taken4 { type ipv4_addr; }
chain adverts {
iifname != "veth1" drop
}
chain prerouting {
type filter hook prerouting priority -310; policy accept;
iifname . ip saddr != @at4 drop
ether type { arp, ip } jump adverts
}
}
`);
});

test('without a table the one that is there goes', () => {
  expect(renderFrames('netwright-a', undefined)).toBe(
    'add table bridge netwright-a\ndelete table bridge netwright-a\n',
  );
});

test.each(['veth1"; drop', 'a\nb', 'a b', 'longer-than-15-ch'])('no port is called %j', (port) => {
  expect(() => renderFrames('netwright', table(port))).toThrow(/not a word of a frame's rule/);
});
