import { expect, test } from 'vitest';
import { silenceOf } from '../../../src/conntrack/silence.ts';

const patience = { established: 432_000, unacknowledged: 300, retransmitted: 300 };
const line = (left: number, state = 'ESTABLISHED') =>
  `tcp      6 ${left} ${state} src=10.9.0.2 dst=10.9.0.1 sport=40000 dport=9090 src=172.17.0.2 dst=10.9.0.2 sport=80 dport=40000 [ASSURED] mark=0 use=1`;

test('a connection has been silent for what is gone of the time after which it is forgotten', () => {
  expect(silenceOf(line(432_000), patience)).toBe(0);
  expect(silenceOf(line(424_560), patience)).toBe(7440);
});

test('one whose bytes wait to be acknowledged is not taken for silent, though it is forgotten sooner', () => {
  expect(silenceOf(line(300), patience)).toBe(0);
  expect(silenceOf(line(12), patience)).toBe(0);
});

test('nothing is said of what is not established, nor where the time was shortened meanwhile', () => {
  expect(silenceOf(line(60, 'FIN_WAIT'), patience)).toBe(0);
  expect(silenceOf(line(431_000), { ...patience, established: 3600 })).toBe(0);
  expect(silenceOf('', patience)).toBe(0);
});
