// build.mjs FOLDER BASE_TAR CONTEXT_TAR IMAGE_TAR: the engine of build.sh and what it is asked for.
import { spawn } from 'node:child_process';
import { createReadStream, createWriteStream, openSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import Dockerode from 'dockerode';

const [folder, base, context, image] = process.argv.slice(2);
const socketPath = `${folder}/engine.sock`;
const docker = new Dockerode({ socketPath });

const log = openSync(`${folder}/log`, 'a');
const engine = spawn(
  'dockerd',
  [
    '--iptables=false',
    '--ip6tables=false',
    '--ip-forward=false',
    '--bridge=none',
    ...['--host', `unix://${socketPath}`],
    ...['--data-root', `${folder}/data`, '--exec-root', `${folder}/exec`, '--pidfile', `${folder}/pid`],
    ...['--exec-opt', 'native.cgroupdriver=cgroupfs', '--cgroup-parent', `/${basename(folder)}`],
  ],
  { stdio: ['ignore', log, log], env: { ...process.env, TMPDIR: folder } },
);

const isUp = async () =>
  await docker.ping().then(
    () => true,
    () => false,
  );
while (!(await isUp())) {
  if (engine.exitCode !== null)
    throw new Error(`the engine did not come up:\n${readFileSync(`${folder}/log`, 'utf8')}`);
  await sleep(50);
}

/** Resolves with everything the engine said; rejects with it when something in it is an error. */
const follow = async (stream) =>
  await new Promise((resolve, reject) => {
    const said = [];
    docker.modem.followProgress(
      stream,
      (error, events) =>
        error || events.some((event) => event.error)
          ? reject(new Error(`${said.join('')}\n${error?.message ?? ''}`))
          : resolve(said.join('')),
      (event) => said.push(event.stream ?? event.error ?? ''),
    );
  });

// What this machine trusts beyond Node's own list, where base.sh has put it.
const changes = 'ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt';
await follow(await docker.importImage(base, { repo: 'netwright-base', tag: 'test', changes }));
await follow(
  await docker.buildImage(createReadStream(context), {
    t: 'netwright:test',
    networkmode: 'host',
    buildargs: { NODE_IMAGE: 'netwright-base:test' },
  }),
);
await pipeline(await docker.getImage('netwright:test').get(), createWriteStream(image));
engine.kill();
