import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, jsonFile, median, medianOf, netwright, run, time, times, yamlFile } from './host.mjs';
import { fileOf, yamlOf } from './scene.mjs';

const { load } = await import(join(build, 'load/load.js'));
const { openHost } = await import(join(build, 'host/host.js'));
const { ownership } = await import(join(build, 'model/ownership.js'));
const { emptyConfig } = await import(join(build, 'model/config.js'));
const { look, reconcile } = await import(join(build, 'reconcile.js'));
const { renderRestore } = await import(join(build, 'iptables/render.js'));
const { renderUpdate } = await import(join(build, 'ipset/render.js'));

const sizes = [10, times(1000), times(10_000)];
const [, , largest] = sizes;
const runs = times(5);
/** Rules put in one by one; the time is scaled up from as many. */
const execs = times(100);

/** The work itself in this process, warm; then the whole command. Each beside the bare tools, given the same texts. */
export async function measureApply() {
  const { signal } = new AbortController();
  const host = await openHost({ ownership: ownership(), signal });
  const rows = [];
  for (const policies of sizes) rows.push(...(await measureSize(host, policies, signal)));
  return rows;
}

/** What the bare tools are given, too; connections that lose their permission are ended after that. */
const inBareTexts = new Set(['update-set', 'restore-table']);

async function measureSize(host, policies, signal) {
  const content = fileOf(policies);
  writeFileSync(jsonFile, JSON.stringify(content));
  writeFileSync(yamlFile, yamlOf(content));
  const loaded = await load(jsonFile);
  if (!loaded.ok) throw new Error('the file of the benchmark is not valid');
  const settle = async (config) => {
    const began = performance.now();
    let done = began;
    const onOutcome = ({ operation }) => {
      if (inBareTexts.has(operation.kind)) done = performance.now();
    };
    const pass = await reconcile(host, config, { signal, onOutcome });
    if (!pass.converged) throw new Error('a pass of the benchmark did not converge');
    return done - began;
  };
  const nothing = () => settle(emptyConfig);
  await nothing();
  const bare = await bareTools(host, loaded.config, signal);

  // In turns, since the machine's speed drifts: bare, ours, the command with JSON, with YAML, and each alike with nothing to do.
  const took = { restored: [], first: [], json: [], yaml: [], saved: [], look: [], jsonAgain: [] };
  for (let index = 0; index <= runs; index++) {
    const count = (name, ms) => index > 0 && took[name].push(ms);
    count('restored', await time(bare.restore));
    await nothing();
    count('first', await settle(loaded.config));
    count('saved', await time(bare.save));
    count('look', await time(() => look(host, loaded.config, signal)));
    count('jsonAgain', await time(() => netwright('apply', '-f', jsonFile)));
    await nothing();
    count('json', await time(() => netwright('apply', '-f', jsonFile)));
    await nothing();
    if (policies < largest) continue;
    count('yaml', await time(() => netwright('apply', '-f', yamlFile)));
    await nothing();
  }
  const { restored, first, json, yaml, saved, look: looked, jsonAgain } = mediansOf(took);
  const bareText = `bare restores (${restored.toFixed(0)} ms)`;
  const saveText = `bare saves (${saved.toFixed(0)} ms)`;
  const isLargest = policies === largest;
  const each = isLargest ? await oneByOne(policies) : undefined;
  const judged = (fact, target) => isLargest && { target, met: fact };
  return [
    {
      what: `${policies}: first apply, from the checked file to the kernel`,
      ms: first,
      against: bareText,
      ratio: first / restored,
      ...judged(first <= 1.5 * restored, 'within 1.5 x'),
    },
    {
      what: `${policies}: first apply, the whole command, JSON`,
      ms: json,
      against: bareText,
      ratio: json / restored,
      ...judged(json <= restored + 500, `within ${(restored + 500).toFixed(0)} ms`),
    },
    ...(isLargest
      ? [
          {
            what: `${policies}: first apply, the whole command, YAML`,
            ms: yaml,
            against: bareText,
            ratio: yaml / restored,
            ...judged(yaml <= restored + 1200, `within ${(restored + 1200).toFixed(0)} ms`),
          },
          {
            what: `${policies}: one iptables process a rule (scaled from ${execs})`,
            ms: each,
            against: 'the first apply',
            ratio: each / first,
            ...judged(each >= 50 * first, 'at least 50 x'),
          },
        ]
      : []),
    {
      what: `${policies}: nothing to do, the look alone`,
      ms: looked,
      against: saveText,
      ratio: looked / saved,
      ...judged(looked <= 2.5 * saved, 'within 2.5 x'),
    },
    {
      what: `${policies}: nothing to do, the whole command, JSON`,
      ms: jsonAgain,
      against: saveText,
      ratio: jsonAgain / saved,
      ...judged(jsonAgain <= 2.5 * saved, 'within 2.5 x'),
    },
  ];
}

function mediansOf(took) {
  return Object.fromEntries(Object.entries(took).map(([name, list]) => [name, median(list)]));
}

/** What the kernel is told in a first apply, as texts for the bare tools; and the bare tools that say it all again. */
async function bareTools(host, config, signal) {
  const { plan } = await look(host, config, signal);
  const tables = plan.operations
    .filter(({ kind }) => kind === 'restore-table')
    .map((operation) => [
      `${operation.family === 4 ? 'iptables' : 'ip6tables'}-nft-restore`,
      renderRestore(operation),
    ]);
  const sets = plan.operations
    .filter(({ kind }) => kind === 'update-set')
    .map((operation) => `${renderUpdate(operation, host.ownership).join('\n')}\n`);
  if (sets.length === 0) throw new Error('no sets here: the benchmark is of a host with ipset');
  return {
    restore: async () => {
      for (const text of sets) await run('ipset', ['restore'], text);
      for (const [tool, text] of tables) await run(tool, ['--noflush', '--wait'], text);
    },
    save: async () => {
      for (const tool of ['iptables-nft-save', 'ip6tables-nft-save']) await run(tool, []);
      await run('ipset', ['save']);
    },
  };
}

/** How network-go works: a process for each rule, in a chain of its own that has half of them already. */
async function oneByOne(policies) {
  const rule = (index) =>
    `-A BENCH -s 10.${Math.floor(index / 250)}.${index % 250}.7 -d 172.28.0.10 -p tcp --dport 80 -j ACCEPT`;
  const half = Array.from({ length: policies / 2 }, (_, index) => rule(index));
  await run(
    'iptables-nft-restore',
    ['--noflush', '--wait'],
    ['*filter', ':BENCH - [0:0]', ...half, 'COMMIT\n'].join('\n'),
  );
  const took = await time(async () => {
    for (let index = 0; index < execs; index++)
      await run('iptables-nft', ['--wait', ...rule(policies / 2 + index).split(' ')]);
  });
  await run('iptables-nft', ['-F', 'BENCH']);
  await run('iptables-nft', ['-X', 'BENCH']);
  return (took / execs) * policies;
}

/** Milliseconds that the daemon needs to read, parse and check a file of which `change` has changed one policy since it read it, warm. */
export async function loadTime(file, change) {
  let former = await load(file);
  return await medianOf(5, async () => (former = await load(file, former)), change);
}
