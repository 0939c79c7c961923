// On a throwaway host: a daemon without a trigger. Each line of standard input is the path of a file; it is loaded and, when it is in
// order, reconciled by the one open host; with the parameter `once` there is no second look. One line of JSON on standard output says what came of it.
import { createInterface } from 'node:readline';
import { apply } from '../../build/apply/apply.js';
import { openHost } from '../../build/host/host.js';
import { load } from '../../build/load/load.js';
import { ownership } from '../../build/model/ownership.js';
import { look, reconcile } from '../../build/reconcile.js';

const once = process.argv[2] === 'once';
const { signal } = new AbortController();
const host = await openHost({ ownership: ownership(), signal });

const failures = (outcomes) =>
  outcomes
    .filter(({ result }) => result !== 'done')
    .map(({ operation, result, error }) => `${operation.kind} ${result}: ${error}`);

const lines = ({ operations }) =>
  operations.flatMap(({ kind, changes }) => changes.map(({ sign, text }) => `${kind}: ${sign} ${text}`));

/** Half of the processes that `reconcile` starts: whether nothing is left to do is not looked at. */
async function lookAndApply(host, config, options) {
  const last = await look(host, config, signal);
  return { outcomes: await apply(host, last.plan, options), last, rounds: 1, converged: undefined };
}

async function change(path) {
  const start = performance.now();
  const loaded = await load(path);
  const loading = performance.now() - start;
  if (!loaded.ok) return { ok: false, loading, problems: loaded.problems };
  const pass = await (once ? lookAndApply : reconcile)(host, loaded.config, { signal });
  return {
    ok: true,
    loading,
    milliseconds: performance.now() - start,
    converged: pass.converged,
    rounds: pass.rounds,
    done: pass.outcomes.map(({ operation }) => operation.kind),
    failed: failures(pass.outcomes),
    left: lines(pass.last.plan),
    notices: pass.last.plan.notices,
  };
}

for await (const path of createInterface({ input: process.stdin })) {
  const answer = await change(path).catch((error) => ({ crashed: error.stack }));
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
