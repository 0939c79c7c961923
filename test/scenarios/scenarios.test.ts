import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Locate } from '../../src/cli/lines.ts';
import { plain } from '../../src/cli/paint.ts';
import { planDocument } from '../../src/cli/plan-document.ts';
import { printPlan } from '../../src/cli/print.ts';
import { renderRemove, renderUpdate } from '../../src/ipset/render.ts';
import { renderRestore } from '../../src/iptables/render.ts';
import { load } from '../../src/load/load.ts';
import type { Observed } from '../../src/model/observed.ts';
import { ownership } from '../../src/model/ownership.ts';
import type { Operation, Plan } from '../../src/model/plan.ts';
import { plan } from '../../src/plan/plan.ts';
import { resolve } from '../../src/resolve/resolve.ts';
import { simulate } from '../oracle/simulate.ts';
import { docker } from '../plain.ts';
import { readObserved } from './scenario.ts';

const here = import.meta.dirname;
const mine = ownership();
const folders = readdirSync(here, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

/** `UPDATE_SCENARIOS=1` writes what came out; the diff is then reviewed as text. */
const update = process.env['UPDATE_SCENARIOS'] === '1';

describe.each(folders)('%s', (name) => {
  const folder = join(here, name);

  test('plans what plan.txt says, writes what restore.txt says, and then has nothing left to do', async () => {
    const loaded = await load(join(folder, 'networks.yaml'));
    if (!loaded.ok)
      throw new Error(loaded.problems.map(({ line, message }) => `${line}: ${message}`).join('\n'));
    const { config } = loaded;
    const locate: Locate = (origin) => {
      const position = loaded.locate(origin);
      return position && { file: origin.file, ...position };
    };
    const observed = readObserved(folder, mine);
    const first = plan(resolve(config, observed.inventory, mine, docker), observed, mine, docker);

    await agrees(join(folder, 'plan.txt'), printPlan(planDocument(first, locate), plain));
    await agrees(join(folder, 'restore.txt'), restoreText(first));

    const again = (after: Observed): Plan =>
      plan(resolve(config, after.inventory, mine, docker), after, mine, docker);
    const after = simulate(observed, first, mine);
    // Behind which port of a bridge a container is shows only when it has joined.
    const joined = simulate(after, { operations: again(after).operations.filter(isOfFrames) }, mine);
    const left = again(joined).operations;
    expect(left.map(({ kind, because, changes }) => ({ kind, because, changes }))).toEqual([]);
  });
});

function isOfFrames({ kind }: Operation): boolean {
  return kind === 'restore-frames';
}

async function agrees(file: string, text: string): Promise<void> {
  if (update) {
    if (text !== '' || existsSync(file)) writeFileSync(file, text);
    return;
  }
  if (text === '') expect(existsSync(file), `${file} exists, but nothing came out`).toBe(false);
  else await expect(text).toMatchFileSnapshot(file);
}

function restoreText({ operations }: Plan): string {
  return operations.flatMap(textOf).join('\n');
}

/** What the kernel's tools are given to read. */
function textOf(operation: Operation): readonly string[] {
  switch (operation.kind) {
    case 'restore-table':
      return [`# IPv${operation.family} in ${operation.namespace}\n${renderRestore(operation)}`];
    case 'update-set':
      return [`# sets in ${operation.namespace}\n${renderUpdate(operation, mine).join('\n')}\n`];
    case 'remove-set':
      return [`# sets in ${operation.namespace}\n${renderRemove(operation.set, mine).join('\n')}\n`];
    default:
      return [];
  }
}
