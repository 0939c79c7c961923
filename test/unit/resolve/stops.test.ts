import { expect, test } from 'vitest';
import { type Flows, rememberStops } from '../../../src/resolve/stops.ts';

const flows = (source: string | undefined, target: string | undefined, from: number, to = from): Flows => ({
  source,
  target,
  protocol: 'tcp',
  ports: [{ from, to }],
});

test('an accept may not overtake what speaks of some of its packets, however its blocks are written', () => {
  const stops = rememberStops();
  stops.add(flows('10.1.0.0/16', '10.2.0.0/24', 1, 1000));
  stops.add(flows('10.3.0.1/32', '10.2.1.5/32', 80));
  stops.add(flows('fd00::/64', undefined, 443));
  expect(stops.overlap(flows('10.1.2.3/32', '10.2.0.9/32', 1000))).toBe(true);
  expect(stops.overlap(flows(undefined, '10.0.0.0/8', 1))).toBe(true);
  expect(stops.overlap(flows('10.0.0.0/8', '10.2.1.5/32', 80))).toBe(true);
  expect(stops.overlap(flows('fd00::7/128', 'fd01::1/128', 443))).toBe(true);
});

test('an accept overtakes what speaks of other ports, sources, targets and families', () => {
  const stops = rememberStops();
  stops.add(flows('10.1.0.0/16', '10.2.0.0/24', 1, 1000));
  stops.add(flows('10.3.0.1/32', '10.2.1.5/32', 80));
  stops.add(flows('::/0', undefined, 443));
  expect(stops.overlap(flows('10.1.2.3/32', '10.2.0.9/32', 1001))).toBe(false);
  expect(stops.overlap(flows('10.2.0.0/16', '10.2.0.9/32', 80))).toBe(false);
  expect(stops.overlap(flows('10.1.2.3/32', '10.2.1.5/32', 80))).toBe(false);
  expect(stops.overlap(flows('10.1.2.3/32', '10.2.1.6/32', 443))).toBe(false);
});
