import { setTimeout as sleep } from 'node:timers/promises';
import { loadTime } from './apply.mjs';
import { jsonFile, netwright, quantile, save, startWatch, times, yamlFile } from './host.mjs';
import { openSets } from './kernel.mjs';
import { changingEntry, fileOf, yamlOf } from './scene.mjs';

const manyPolicies = times(10_000);
/** Milliseconds beyond which p99 is missed. */
const limits = { JSON: 300, YAML: 900 };

/** One policy changes in a saved file: until its element is in the kernel's set, among ten and among ten thousand. */
export async function measureChange() {
  const rows = [];
  for (const [format, file, textOf] of [
    ['JSON', jsonFile, JSON.stringify],
    ['YAML', yamlFile, yamlOf],
  ]) {
    const edits = times(format === 'JSON' ? 60 : 30);
    const few = await edited(file, textOf, 10, edits);
    const many = await edited(file, textOf, manyPolicies, edits);
    const p99 = quantile(many.list, 0.99);
    const work = ({ list, load }) => quantile(list, 0.5) - load;
    rows.push(
      {
        what: `one of 10 changed, ${format}, saved to effect, p50 of ${edits}`,
        ms: quantile(few.list, 0.5),
      },
      {
        what: `one of ${manyPolicies} changed, ${format}, saved to effect, p50 of ${edits}`,
        ms: quantile(many.list, 0.5),
      },
      {
        what: `one of ${manyPolicies} changed, ${format}, saved to effect, p99 of ${edits}`,
        ms: p99,
        target: `under ${limits[format]} ms`,
        met: p99 < limits[format],
      },
      {
        what: `  the same without reading and checking the file (${many.load.toFixed(0)} ms), p50`,
        ms: work(many),
        against: `the same among 10 (${work(few).toFixed(0)} ms)`,
        ratio: work(many) / work(few),
        target: 'within 1.5 x',
        met: work(many) <= 1.5 * work(few),
      },
    );
  }
  return rows;
}

async function edited(file, textOf, policies, edits) {
  save(file, textOf(fileOf(policies)));
  const daemon = await startWatch(file);
  await sleep(2000);
  const sets = openSets('netwright-allow');
  const list = [];
  for (let changed = 1; changed <= edits; changed++) {
    const text = textOf(fileOf(policies, { changed }));
    const began = performance.now();
    save(file, text);
    list.push((await sets.has(changingEntry(changed))) - began);
    // The pass goes on to verify what it did; and edits come at any moment, not in step with it.
    await sleep(policies / 20 + 100 + ((changed * 37) % 80));
  }
  sets.close();
  await daemon.stop();
  let changed = edits;
  const load = await loadTime(file, () => save(file, textOf(fileOf(policies, { changed: ++changed }))));
  await netwright('destroy', '-f', file);
  return { list, load };
}
