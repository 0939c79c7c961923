import { join } from 'node:path';
import { expect, test } from 'vitest';
import { load } from '../../../src/load/load.ts';
import { printYaml } from '../../../src/load/yaml-print.ts';
import type { Config } from '../../../src/model/config.ts';
import { goodTexts } from '../../property/good-files.ts';
import { directoryOf } from './directory.ts';

/** What is declared, wherever that is. */
function declared(config: Config): unknown {
  return JSON.parse(JSON.stringify(config, (key, value: unknown) => (key === 'origin' ? undefined : value)));
}

async function printedAndRead(path: string): Promise<{ readonly before: unknown; readonly after: unknown }> {
  const loaded = await load(path);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const folder = await directoryOf({ 'printed.yaml': printYaml(loaded.content()) });
  const again = await load(join(folder, 'printed.yaml'));
  if (!again.ok) throw new Error(JSON.stringify(again.problems));
  return { before: declared(loaded.config), after: declared(again.config) };
}

test.each(goodTexts)('a good file, printed, means the same: %#', async (content) => {
  const folder = await directoryOf({ 'networks.yaml': content });
  const { before, after } = await printedAndRead(join(folder, 'networks.yaml'));
  expect(after).toEqual(before);
});

test('a directory is printed as one file: maps united, lists in the order of the files, scripts by their whole path', async () => {
  const folder = await directoryOf({
    '1.yaml':
      'networks: { front: { subnet: 10.1.0.0/24 } }\npolicies: [{ from: any, to: front, port: 1 }]\nx-a: &a { b: 1 }\n',
    '2.json': JSON.stringify({
      $schema: './schema.json',
      strict: true,
      networks: { back: { subnet: '10.2.0.0/24' } },
      policies: [{ from: 'front', to: 'back', port: 2 }],
      discovery: [{ network: 'front' }],
      startup_script: './start.sh',
    }),
  });
  const { before, after } = await printedAndRead(folder);
  expect(after).toEqual(before);
  const loaded = await load(folder);
  expect(loaded.ok && printYaml(loaded.content())).toBe(`strict: true
networks:
  front:
    subnet: 10.1.0.0/24
  back:
    subnet: 10.2.0.0/24
policies:
  - from: any
    to: front
    port: 1
  - from: front
    to: back
    port: 2
discovery:
  - network: front
startup_script: ${folder}/start.sh
`);
});

test('of a file that says nothing what is printed is a file that says nothing', async () => {
  const folder = await directoryOf({ 'a.yaml': '{}' });
  const loaded = await load(join(folder, 'a.yaml'));
  expect(loaded.ok && printYaml(loaded.content())).toBe('{}\n');
});
