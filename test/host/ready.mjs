// ready.mjs PID: returns when the engine at $DOCKER_HOST answers and has the image `busybox`; fails when process PID is gone.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';

const socketPath = process.env.DOCKER_HOST.replace('unix://', '');
const enginePid = Number(process.argv[2]);
const tree = '/run/engine/busybox';

const ask = (method, path, body) =>
  new Promise((resolve, reject) => {
    const asked = request({ socketPath, method, path }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode, text: Buffer.concat(chunks).toString() }),
      );
      response.on('error', reject);
    });
    asked.on('error', reject);
    if (body) body.pipe(asked);
    else asked.end();
  });

/** A root file system of nothing but the static busybox, its applets and an account. */
const makeTree = () => {
  for (const folder of ['bin', 'etc', 'proc', 'sys', 'dev', 'run'])
    mkdirSync(`${tree}/${folder}`, { recursive: true });
  mkdirSync(`${tree}/tmp`, { mode: 0o1777 });
  writeFileSync(`${tree}/etc/passwd`, 'root:x:0:0:root:/:/bin/sh\n');
  writeFileSync(`${tree}/etc/group`, 'root:x:0:\n');
  execFileSync('busybox', [
    'cp',
    execFileSync('sh', ['-c', 'command -v busybox']).toString().trim(),
    `${tree}/bin/busybox`,
  ]);
  execFileSync('chroot', [tree, '/bin/busybox', '--install', '-s', '/bin']);
};

/** Waits to be told to stop, and then stops at once: as a container's first process `sleep` alone would ignore SIGTERM. */
const cmd = ['/bin/sh', '-c', 'trap "exit 0" TERM INT; while :; do sleep 3600 & wait $!; done'];

const importImage = async () => {
  const tar = spawn('tar', ['-C', tree, '-c', '.'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const changes = encodeURIComponent(`CMD ${JSON.stringify(cmd)}`);
  const answer = await ask(
    'POST',
    `/images/create?fromSrc=-&repo=busybox&tag=latest&changes=${changes}`,
    tar.stdout,
  );
  if (answer.status !== 200 || answer.text.includes('"error"'))
    throw new Error(`import: ${answer.status} ${answer.text}`);
};

const isRunning = () => {
  try {
    return process.kill(enginePid, 0);
  } catch {
    return false;
  }
};

const first = !existsSync(tree);
if (first) makeTree();
for (const patience = Date.now() + 30_000; ; ) {
  const answer = await ask('GET', '/_ping').catch(() => undefined);
  if (answer?.status === 200) break;
  if (!isRunning() || Date.now() > patience) process.exit(1);
  await new Promise((resolve) => setTimeout(resolve, 15));
}
if (first) await importImage();
