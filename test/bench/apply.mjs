import { join } from 'node:path';
import {
  dist,
  engine,
  file,
  median,
  medianOf,
  netwright,
  run,
  startContainer,
  time,
  write,
} from './host.mjs';

const { load } = await import(join(dist, 'load/load.js'));
const { openHost } = await import(join(dist, 'host/host.js'));
const { ownership } = await import(join(dist, 'model/ownership.js'));
const { look, reconcile } = await import(join(dist, 'reconcile.js'));
const { renderRestore } = await import(join(dist, 'iptables/render.js'));

const runs = 5;
/** More rules than this are not put in one by one; the time is scaled up from as many. */
const mostExecs = 200;

/**
 * Apply: the whole command, and its work alone, from the checked file to the last rule in the kernel; beside it the bare
 * iptables-restore of the same rules, and one iptables process for each rule.
 */
export async function measureApply(sizes) {
  await startContainer('loadbalancer');
  const { signal } = new AbortController();
  const host = await openHost({ ownership: ownership(), signal });
  const rows = [];
  for (const policies of sizes) {
    write(policies);
    const loaded = await load(file);
    if (!loaded.ok) throw new Error('the file of the benchmark is not valid');
    const empty = { strict: false, sets: true, networks: [], ips: [], policies: [], routing: [] };
    let inKernel = [];
    const settle = async (config) => {
      const began = performance.now();
      let done = began;
      const onOutcome = () => {
        done = performance.now();
      };
      const pass = await reconcile(host, config, { signal, onOutcome });
      if (!pass.converged) throw new Error('a pass of the benchmark did not converge');
      if (config === loaded.config) inKernel.push(done - began);
    };
    // The network and the container's place in it stay: what is measured is policies.
    const bare = { ...loaded.config, policies: [] };
    await settle(bare);

    const listing = await medianOf(runs, () =>
      Promise.all([engine('GET', '/networks'), engine('GET', '/containers/json?all=1')]),
    );
    const { plan } = await look(host, loaded.config, signal);
    const restore = plan.operations
      .filter(({ kind }) => kind === 'restore-table')
      .map((operation) => renderRestore(operation));
    const restored = await medianOf(
      runs,
      async () => {
        for (const text of restore) await run('iptables-nft-restore', ['--noflush', '--wait'], text);
      },
      () => settle(bare),
    );
    inKernel = [];
    const first = await medianOf(
      runs,
      () => settle(loaded.config),
      () => settle(bare),
    );
    const firstInKernel = median(inKernel.slice(1));
    const firstCommand = await medianOf(
      runs,
      () => netwright('apply', '-f', file),
      () => settle(bare),
    );
    await settle(loaded.config);
    const nothing = await medianOf(runs, () => look(host, loaded.config, signal));
    const nothingCommand = await medianOf(runs, () => netwright('apply', '-f', file));
    const oneChanged = await changeOne(policies, settle);
    const eachExec = await execs(policies);
    await settle(empty);
    const against = `restore of the same + one listing (${(restored + listing).toFixed(0)} ms)`;
    const beside = restored + listing;
    rows.push(
      { what: `${policies} policies: bare iptables-restore`, ms: restored },
      {
        what: `${policies} policies: one iptables process a rule${policies > mostExecs ? ' (scaled)' : ''}`,
        ms: eachExec,
        against: 'bare restore',
        ratio: eachExec / restored,
      },
      {
        what: `${policies} policies: first apply, from the checked file to the kernel`,
        ms: firstInKernel,
        against,
        ratio: firstInKernel / beside,
        ...(policies === 1000 && { target: 'under 2' }),
      },
      {
        what: `${policies} policies: first apply, and read again to verify it`,
        ms: first,
        against,
        ratio: first / beside,
      },
      {
        what: `${policies} policies: first apply, the whole command`,
        ms: firstCommand,
        against: 'one process a rule',
        ratio: firstCommand / eachExec,
      },
      { what: `${policies} policies: nothing to do, the look alone`, ms: nothing },
      { what: `${policies} policies: nothing to do, the whole command`, ms: nothingCommand },
      {
        what: `${policies} policies: one changed, in the kernel and verified`,
        ms: oneChanged,
      },
    );
  }
  await engine('DELETE', '/containers/loadbalancer?force=1');
  return rows;
}

async function changeOne(policies, settle) {
  const times = [];
  for (let changed = 1; changed <= runs; changed++) {
    write(policies, { changed });
    const { config } = await load(file);
    times.push(await time(() => settle(config)));
  }
  return median(times);
}

/** How network-go works: a process for each rule, in a chain of its own. */
async function execs(policies) {
  const count = Math.min(policies, mostExecs);
  await run('iptables-nft', ['-N', 'BENCH']);
  const took = await time(async () => {
    for (let index = 0; index < count; index++) {
      const source = `10.${Math.floor(index / 250)}.${index % 250}.7`;
      const rule = ['-s', source, '-d', '172.18.103.2', '-p', 'tcp', '--dport', '80', '-j', 'ACCEPT'];
      await run('iptables-nft', ['--wait', '-A', 'BENCH', ...rule]);
    }
  });
  await run('iptables-nft', ['-F', 'BENCH']);
  await run('iptables-nft', ['-X', 'BENCH']);
  return (took / count) * policies;
}
