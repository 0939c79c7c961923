// On a throwaway host: a daemon without a trigger. Each line of standard input is the path of a file; it is loaded and, when it is in
// order, reconciled by the one open host. One line of JSON on standard output says what came of it.
import { createInterface } from 'node:readline';
import { openHost } from '../../dist/host/host.js';
import { load } from '../../dist/load/load.js';
import { ownership } from '../../dist/model/ownership.js';
import { reconcile } from '../../dist/reconcile.js';

const { signal } = new AbortController();
const host = await openHost({ ownership: ownership(), signal });

const failures = (outcomes) =>
  outcomes
    .filter(({ result }) => result !== 'done')
    .map(({ operation, result, error }) => `${operation.kind} ${result}: ${error}`);

const lines = ({ operations }) =>
  operations.flatMap(({ kind, changes }) => changes.map(({ sign, text }) => `${kind}: ${sign} ${text}`));

async function change(path) {
  const start = performance.now();
  const loaded = await load(path);
  const loading = performance.now() - start;
  if (!loaded.ok) return { ok: false, loading, problems: loaded.problems };
  const pass = await reconcile(host, loaded.config, { signal });
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
