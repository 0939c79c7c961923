import { expect, test } from 'vitest';
import { Kinds } from '../../../src/conntrack/kinds.ts';

test('of connections that rules cannot tell apart one is kept, however many there are', () => {
  const kinds = new Kinds(4);
  for (let port = 20_000; port < 21_000; port++) {
    for (const to of [80, 443]) {
      const back = `src=10.2.0.2 dst=10.1.0.2 sport=${to} dport=${port}`;
      kinds.read(`tcp 6 9 CLOSE src=10.1.0.2 dst=10.2.0.2 sport=${port} dport=${to} ${back} mark=0 use=1`);
    }
  }
  kinds.read('conntrack v1.4.7 (conntrack-tools): 2000 flow entries have been shown.');
  expect(kinds.list().map(({ original }) => original.destinationPort)).toEqual([80, 443]);
});
