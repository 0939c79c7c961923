import { describe, expect, test } from 'vitest';
import { portText } from '../../../src/model/ruleset.ts';
import { readPortLabel } from '../../../src/resolve/port-label.ts';

const read = (label: string) => {
  const { ports, faults } = readPortLabel(label);
  const said = ports.map(
    ({ protocol, outside, inside }) => `${protocol} ${portText(outside)} to ${portText(inside)}`,
  );
  return { ports: said, faults };
};

test.each([
  ['80', ['tcp 80 to 80']],
  ['80,443/tcp,53/udp', ['tcp 80 to 80', 'tcp 443 to 443', 'udp 53 to 53']],
  ['8000-8010/udp', ['udp 8000-8010 to 8000-8010']],
  ['8080:80', ['tcp 8080 to 80']],
  ['8080:80/udp', ['udp 8080 to 80']],
  ['8000-8010:80', ['tcp 8000-8010 to 80']],
  ['8000-8010:8000-8010', ['tcp 8000-8010 to 8000-8010']],
  ['132/sctp', ['sctp 132 to 132']],
  ['53/UDP', ['udp 53 to 53']],
  [
    ' 80 , 8080 : 80 / tcp ,\t9000 - 9001\n',
    ['tcp 80 to 80', 'tcp 8080 to 80', 'tcp 9000-9001 to 9000-9001'],
  ],
  ['80,,443,', ['tcp 80 to 80', 'tcp 443 to 443']],
  ['53/tcp,53/udp', ['tcp 53 to 53', 'udp 53 to 53']],
  ['080', ['tcp 80 to 80']],
  ['', []],
  [' , ', []],
])('%j asks for %j', (label, ports) => {
  expect(read(label)).toEqual({ ports, faults: [] });
});

test.each([
  ['80x', '"80x": neither a port nor a range of ports'],
  ['http', '"http": neither a port nor a range of ports'],
  ['-1', '"-1": neither a port nor a range of ports'],
  ['8 0', '"8 0": neither a port nor a range of ports'],
  ['80/tcp/udp', '"80/tcp/udp": neither a port nor a range of ports'],
  ['1:2:3', '"1:2:3": neither a port nor a range of ports'],
  ['127.0.0.1:80:80', '"127.0.0.1:80:80": neither a port nor a range of ports'],
  ['80; reboot', '"80; reboot": neither a port nor a range of ports'],
  ['80/icmp', '"80/icmp": not one of tcp, udp, sctp'],
  ['0', '"0": ports are 1 to 65535'],
  ['65536', '"65536": ports are 1 to 65535'],
  ['99999999999999999999', '"99999999999999999999": ports are 1 to 65535'],
  ['90-80', '"90-80": the range ends before it begins'],
  ['80-90:180-190', '"80-90:180-190": a range of ports leads to itself or to one port, not to another range'],
  ['80:180-190', '"80:180-190": a range of ports leads to itself or to one port, not to another range'],
])('%j is told with its reason, and the good ports beside it are read', (bad, fault) => {
  const good = ['tcp 443 to 443', 'udp 53 to 53'];
  expect(read(`443,${bad},53/udp`)).toEqual({ ports: good, faults: [fault] });
});

describe('the same port', () => {
  test('said twice is led once where it was led', () => {
    expect(read('80,80/tcp,80:80').faults).toEqual([]);
    expect(read('8080:80,8080:80').faults).toEqual([]);
    expect(read('80-90,85').faults).toEqual([]);
  });

  test('led to two places is led to the first, and told', () => {
    expect(read('8080:80,8080:81')).toEqual({
      ports: ['tcp 8080 to 80'],
      faults: ['"8080:81": tcp/8080 leads to 80 already'],
    });
    expect(read('8080-8090,8085:85').faults).toEqual(['"8085:85": tcp/8080-8090 leads to 8080-8090 already']);
  });
});

describe('a label without end', () => {
  test('is read as far as it is of a sensible length, and its parts are not told at length', () => {
    const { ports, faults } = readPortLabel(`80,${'9'.repeat(5000)}`);
    expect(ports).toHaveLength(1);
    expect(faults).toEqual(['it is longer than 2048 characters; the rest is left out']);
    expect(readPortLabel('x'.repeat(2000)).faults.join().length).toBeLessThan(100);
  });

  test('has a bounded number of ports', () => {
    const label = Array.from({ length: 300 }, (_, n) => `${n + 1}`).join();
    const { ports, faults } = readPortLabel(label);
    expect(ports).toHaveLength(64);
    expect(faults).toEqual(['it has more than 64 parts; the rest is left out']);
  });
});
