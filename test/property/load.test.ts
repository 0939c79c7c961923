import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { type Loaded, load } from '../../src/load/load.ts';
import { directoryOf, loadText } from '../unit/load/directory.ts';
import { networksFile } from './networks-file.ts';

const example = await readFile(new URL('../../examples/network-go/networks.json', import.meta.url), 'utf8');
const yamlExample = stringify(JSON.parse(example));

/** What loading promises of any outcome: problems with places, or a configuration. */
function expectSound(loaded: Loaded): void {
  const problems = loaded.ok ? loaded.warnings : loaded.problems;
  if (!loaded.ok) expect(problems.length).toBeGreaterThan(0);
  expect(problems.some(({ severity }) => severity === 'error')).toBe(!loaded.ok);
  for (const { line, column, message } of problems) {
    expect(Math.min(line, column)).toBeGreaterThanOrEqual(1);
    expect(message).not.toMatch(/\p{Cc}|undefined|\[object/u);
  }
}

const fileName = fc.constantFrom('a.json', 'a.yaml', 'networks');

describe('no text makes load throw:', () => {
  it('any text', async () => {
    const text = fc.oneof(
      fc.string(),
      fc.string({ unit: 'binary' }),
      fc.json(),
      fc.stringMatching(/^[-\s:{}[\],"'&*!?|>#%@`a0.~<]*$/),
    );
    await fc.assert(
      fc.asyncProperty(fileName, text, async (name, content) => expectSound(await loadText(name, content))),
      { numRuns: 300 },
    );
  });

  it('any bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fileName, fc.uint8Array(), async (name, bytes) =>
        expectSound(await loadText(name, bytes)),
      ),
      { numRuns: 100 },
    );
  });

  it('a good file with something cut out, put in or changed', async () => {
    const scrap = fc.oneof(
      fc.string({ maxLength: 3 }),
      fc.constantFrom('"', '{', '}', '[', ']', ',', ':', '\n', ' ', '-', '0', '*a', '&a', '"__proto__":1,'),
    );
    const cut = fc.tuple(fc.nat(1300), fc.nat(20), scrap);
    await fc.assert(
      fc.asyncProperty(fc.boolean(), fc.array(cut, { minLength: 1, maxLength: 3 }), async (isJson, cuts) => {
        const start = isJson ? example : yamlExample;
        const text = cuts.reduce(
          (before, [at, length, put]) => before.slice(0, at) + put + before.slice(at + length),
          start,
        );
        expectSound(await loadText(isJson ? 'a.json' : 'a.yaml', text));
      }),
      { numRuns: 300 },
    );
  });

  it('a good file with any value in any place', async () => {
    const keys = fc.constantFrom(
      'networks',
      'ips',
      'policies',
      'routing',
      'strict',
      '__proto__',
      'constructor',
      'x-a',
    );
    const fields = fc.constantFrom(
      'subnet',
      'gateway',
      'ip',
      'port',
      'to_port',
      'from',
      'to',
      'routes',
      'rules',
      'sysctls',
      'options',
      'in',
      'nat',
      '__proto__',
      'toString',
    );
    const value = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom('10.0.0.0/8', 'dnat', '::/0', '0x1/2', '99999', '5-1', 'label:', -0, 1e308),
    );
    const entry = fc.oneof(value, fc.dictionary(fields, value));
    const section = fc.oneof(
      entry,
      fc.array(entry),
      fc.dictionary(fc.oneof(fc.string(), fc.constantFrom('10.0.0.1', '__proto__')), entry),
    );
    await fc.assert(
      fc.asyncProperty(fc.dictionary(keys, section), async (file) =>
        expectSound(await loadText('a.json', JSON.stringify(file))),
      ),
      { numRuns: 500 },
    );
  });

  it.each([
    ['JSON of 100,000 brackets', 'a.json', '['.repeat(100_000)],
    ['JSON of 100,000 maps', 'a.json', '{"a":'.repeat(100_000)],
    ['YAML of 100,000 brackets', 'a.yaml', '['.repeat(100_000)],
    ['YAML of 100,000 lists', 'a.yaml', '- '.repeat(100_000)],
    [
      'YAML of 1,500 levels',
      'a.yaml',
      Array.from({ length: 1500 }, (_, level) => `${' '.repeat(level)}a:\n`).join(''),
    ],
    ['10 MB of one number', 'a.json', '1'.repeat(10_000_000)],
    ['10 MB of one text', 'a.json', `"${'\\n'.repeat(5_000_000)}"`],
    ['10 MB of wrong policies', 'a.json', `{"policies":[${'1,'.repeat(5_000_000)}1]}`],
    ['100,000 wrong policies', 'a.json', `{"policies":[${'1,'.repeat(100_000)}1]}`],
    ['100,000 wrong ports', 'a.json', `{"policies":[{"port":[${'"x",'.repeat(100_000)}1]}]}`],
    [
      '100,000 unknown keys',
      'a.json',
      `{${Array.from({ length: 100_000 }, (_, index) => `"k${index}":1`).join(',')}}`,
    ],
    ['10 MB of YAML', 'a.yaml', 'a: b\n'.repeat(2_000_000)],
    ['a YAML bomb', 'a.yaml', bomb()],
    ['an anchor within itself', 'a.yaml', 'x-a: &a [*a]\n'],
    [
      'a large template used often',
      'a.yaml',
      `x-a: &a [${'1,'.repeat(5000)}]\nx-b: [${'*a,'.repeat(5000)}]\n`,
    ],
    ['100,000 documents', 'a.yaml', '---\n'.repeat(100_000)],
    [
      'a prototype',
      'a.json',
      '{"__proto__": {"policies": 1}, "networks": {"__proto__": {"subnet": "10.0.0.0/24"}}}',
    ],
  ])(
    '%s',
    async (_, name, text) => {
      const loaded = await loadText(name, text);
      expectSound(loaded);
      expect(loaded.ok).toBe(false);
    },
    20_000,
  );
});

function bomb(): string {
  const levels = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
  const rest = levels
    .slice(1)
    .map((name, index) => `x-${name}: &${name} [${`*${levels[index] ?? ''},`.repeat(9)}]`);
  return ['x-a: &a [x,x,x,x,x,x,x,x,x]', ...rest].join('\n');
}

describe('a good file', () => {
  const configOf = (loaded: Loaded) => {
    if (!loaded.ok)
      throw new Error(loaded.problems.map(({ line, message }) => `${line}: ${message}`).join('\n'));
    return JSON.parse(
      JSON.stringify(loaded.config, (key, value: unknown) => (key === 'file' ? 'F' : value)),
    ) as Record<string, unknown>;
  };

  it('means the same in JSON and in YAML', async () => {
    await fc.assert(
      fc.asyncProperty(networksFile, async (file) => {
        const json = configOf(await loadText('a.json', JSON.stringify(file)));
        expect(configOf(await loadText('a.yaml', stringify(file)))).toEqual(json);
        expect(configOf(await loadText('b.yaml', stringify(file, { collectionStyle: 'flow' })))).toEqual(
          json,
        );
      }),
      { numRuns: 60 },
    );
  });

  it('means the same in whatever order its keys are', async () => {
    await fc.assert(
      fc.asyncProperty(networksFile, async (file) => {
        const one = configOf(await loadText('a.json', JSON.stringify(file)));
        const other = configOf(await loadText('a.json', JSON.stringify(backwards(file))));
        for (const section of ['networks', 'ips', 'policies', 'routing']) {
          expect(sorted(other[section])).toEqual(sorted(one[section]));
        }
      }),
      { numRuns: 60 },
    );
  });

  it('means the same in one file and in several', async () => {
    await fc.assert(
      fc.asyncProperty(networksFile, async (file) => {
        const whole = configOf(await loadText('a.json', JSON.stringify(file)));
        const parts = Object.entries(file as Record<string, unknown>).map(([key, value]) => [
          `${key}.yaml`,
          stringify({ [key]: value }),
        ]);
        if (parts.length === 0) return;
        const directory = await directoryOf(Object.fromEntries(parts) as Record<string, string>);
        expect(configOf(await load(join(directory)))).toEqual(whole);
      }),
      { numRuns: 40 },
    );
  });
});

function backwards(value: unknown): unknown {
  if (Array.isArray(value)) return (value as readonly unknown[]).map(backwards);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, inner]) => [key, backwards(inner)] as const)
      .reverse(),
  );
}

/** The entries of a section, and the fields of each, in one order: a map has none of its own. */
function sorted(section: unknown): unknown {
  return (section as readonly unknown[]).map((entry) => JSON.stringify(entry, inOrder)).sort();
}

function inOrder(_: string, value: unknown): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
