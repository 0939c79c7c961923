import { expect, test } from 'vitest';
import { loadProxy } from '../../../src/load/load.ts';

const flags = { port: '5001', host: 'localhost:5000', group: 'my group', health: true };

test("proxytainer's flags are an entry, with its defaults", () => {
  expect(loadProxy(flags)).toMatchObject({
    ok: true,
    config: {
      onDemand: [
        {
          name: 'my group',
          listen: [{ port: 5001 }],
          target: { kind: 'host', host: 'localhost', port: 5000 },
          group: { kind: 'label', value: 'my group' },
          idle: 300_000,
          health: true,
        },
      ],
    },
  });
  expect(loadProxy({ ...flags, idle: '600', health: false })).toMatchObject({
    config: { onDemand: [{ idle: 600_000, health: false }] },
  });
});

test('what is wrong with a flag is told by its name', () => {
  const wrong = { port: '70000', host: 'localhost', group: '', idle: 'never', health: true };
  const loaded = loadProxy(wrong);
  const told = loaded.ok ? [] : loaded.problems.map(({ file, line }) => [file, line]);
  expect(told).toEqual([
    ['--port', 0],
    ['--host', 0],
    ['--group', 0],
    ['--idle', 0],
  ]);
});
