import { describe, expect, test } from 'vitest';
import { type FramePlace, portKey } from '../../../src/model/frames.ts';
import { frameTable } from '../../../src/plan/frame-table.ts';

const origin = { file: 'networks.yaml', pointer: '/ips/0' };
const place = (container: string, more: Partial<FramePlace> = {}): FramePlace => ({
  container,
  namespace: `net:[${container}]`,
  bridge: 'nw-bottle',
  macAddress: '02:42:ac:14:05:02',
  addresses: ['172.20.5.2'],
  role: 'member',
  ...more,
});

/** The elements of the set, each as one text. */
function setOf(name: string, places: readonly FramePlace[], ports: Readonly<Record<string, string>>) {
  const known = new Map(
    places.flatMap((each) => {
      const port = ports[each.container];
      return port === undefined ? [] : [[portKey(each), port] as const];
    }),
  );
  const table = frameTable({ origin, networks: ['bottle'], places, gateways: ['172.20.5.1'] }, known);
  return table.sets.find((set) => set.name === name)?.elements.map((parts) => parts.join(' '));
}

describe('the table of frames', () => {
  const sentry = place('sentry', { role: 'gateway', addresses: ['172.20.5.1', '172.20.5.9'] });
  const bottle = place('bottle');

  test('lets an address pass from the port of its container alone', () => {
    const ports = { sentry: 'veth1', bottle: 'veth2' };
    expect(setOf('at4', [sentry, bottle], ports)).toEqual([
      'veth1 172.20.5.1',
      'veth1 172.20.5.9',
      'veth2 172.20.5.2',
    ]);
    expect(setOf('gateways', [sentry, bottle], ports)).toEqual(['veth1']);
  });

  test('knows the link-local address that follows from the MAC', () => {
    expect(setOf('at6', [bottle], { bottle: 'veth2' })).toEqual(['veth2 fe80::42:acff:fe14:502']);
  });

  test('keeps the gateway’s address taken while nobody has it', () => {
    expect(setOf('taken4', [bottle], { bottle: 'veth2' })).toEqual(['172.20.5.2', '172.20.5.1']);
    expect(setOf('at4', [bottle], { bottle: 'veth2' })).toEqual(['veth2 172.20.5.2']);
  });

  test('believes nobody who claims the port of another', () => {
    const ports = { sentry: 'veth1', bottle: 'veth1', other: 'veth3', third: 'veth3' };
    const all = [sentry, bottle, place('other'), place('third')];
    expect(setOf('ports', all, ports)).toEqual(['veth1']);
    expect(setOf('at4', all, ports)).toEqual(['veth1 172.20.5.1', 'veth1 172.20.5.9']);
  });

  test('says nothing of a place whose port is not known, or is no name of one', () => {
    expect(setOf('ports', [bottle], {})).toEqual([]);
    expect(setOf('ports', [bottle], { bottle: 'a b' })).toEqual([]);
  });

  test('lets through what comes to a gateway’s other network, and believes it no address', () => {
    const beyond = place('sentry', { role: 'beyond', bridge: 'nw-uplink', addresses: [] });
    expect(setOf('routers', [beyond], { sentry: 'veth5' })).toEqual(['veth5']);
    expect(setOf('ports', [beyond], { sentry: 'veth5' })).toEqual([]);
  });
});
