// On a throwaway host: does the steps given as JSON on standard input with the built `observe` and `apply`, one open host for
// all of them, and prints what each gave as one JSON list.
import { execFileSync } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import Dockerode from 'dockerode';
import { apply } from '../../build/apply/apply.js';
import { openHost } from '../../build/host/host.js';
import { ownership } from '../../build/model/ownership.js';
import { beginLook } from '../../build/observe/begun.js';
import { observeHost } from '../../build/observe/observe.js';

const engine = fileURLToPath(new URL('../host/engine.sh', import.meta.url));
const steps = JSON.parse(await text(process.stdin));
const { signal } = new AbortController();
const docker = new Dockerode({ socketPath: process.env.DOCKER_HOST.replace('unix://', '') });
const host = await openHost({ ownership: ownership(), signal });

/** `desired` names the containers whose namespaces the file speaks of, with the sysctls it names there. */
const look = async ({ desired = {} }) => {
  const start = performance.now();
  const begun = beginLook(host, signal);
  const inventory = await begun.inventory;
  const middle = performance.now();
  const namespaces = new Map(
    Object.entries(desired).map(([name, keys]) => {
      const id =
        name === 'host'
          ? 'host'
          : inventory.containers.find((container) => container.name === name).namespace;
      const sysctls = keys.map((key) => ({ key, value: '' }));
      return [id, { id, name, tables: [], routes: [], rules: [], sysctls }];
    }),
  );
  const wanted = { networks: [], endpoints: [], namespaces, notices: [] };
  const { backend, namespaces: found } = await observeHost(host, inventory, wanted, signal, begun);
  const milliseconds = { inventory: middle - start, host: performance.now() - middle };
  return { inventory, backend, namespaces: [...found.values()], clean: host.knownClean.size, milliseconds };
};

const does = {
  look,
  apply: async ({ operations }) => {
    const outcomes = await apply(host, { operations, notices: [] }, { signal });
    return outcomes.map(({ result, error }) => (error === undefined ? result : `${result}: ${error}`));
  },
  restart: async ({ container }) => void (await docker.getContainer(container).restart({ t: 0 })),
  run: async ({ argv }) => execFileSync(argv[0], argv.slice(1), { encoding: 'utf8' }),
  /** What the engine tells while a container is started, and how the telling ends when the engine does. */
  events: async ({ container, endEngine }) => {
    const told = [];
    const stop = new AbortController();
    const stream = await host.engine.events(stop.signal);
    const reading = (async () => {
      for await (const { type, action } of stream) told.push(`${type} ${action}`);
      return 'ended';
    })().catch(({ code }) => code);
    if (container !== undefined) await docker.getContainer(container).start();
    await sleep(100);
    if (endEngine) execFileSync(engine, ['stop']);
    else stop.abort();
    return { told, ended: await reading };
  },
};

const results = [];
for (const step of steps) results.push((await does[step.do](step)) ?? null);
const plain = (_, value) =>
  value instanceof Map ? Object.fromEntries(value) : value instanceof Set ? [...value].sort() : value;
process.stdout.write(JSON.stringify(results, plain));
