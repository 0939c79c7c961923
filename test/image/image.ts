import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const project = fileURLToPath(new URL('../../', import.meta.url));
const folder = fileURLToPath(new URL('.', import.meta.url));

/** Outside the project, so that a fresh clone on the same machine finds it too. */
const cache = process.env['NETWRIGHT_TEST_CACHE'] ?? '/var/cache/netwright-test';

/** The base image is made of the machine's own Debian. */
export const isDebian =
  existsSync('/etc/os-release') && /^ID=debian$/m.test(readFileSync('/etc/os-release', 'utf8'));
if (!isDebian) console.info('not tested: the image, whose base is made of a Debian that this machine is not');

/**
 * The file of the image `netwright:test`, as `docker save` writes it: built by a real engine from the Dockerfile and a local base
 * image, or taken from the cache when nothing that goes into it has changed. The first build takes about two minutes.
 */
export async function builtImage(): Promise<string> {
  mkdirSync(cache, { recursive: true });
  const baseKey = digest([process.version, contentOf('/etc/os-release'), contentOf(join(folder, 'base.sh'))]);
  const context = ['Dockerfile', '.dockerignore', ...admitted()];
  const files = context.flatMap(filesBelow).sort();
  const imageKey = digest([baseKey, ...files.flatMap((file) => [file, contentOf(join(project, file))])]);
  const base = join(cache, `base-${baseKey}.tar`);
  const image = join(cache, `image-${imageKey}.tar`);
  await run('flock', [join(cache, 'lock'), join(folder, 'make.sh'), base, image, project, ...context], {
    maxBuffer: 64 * 1024 * 1024,
  });
  for (const name of readdirSync(cache)) {
    const path = join(cache, name);
    // The other test of the image may be at it, too.
    const since = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    const isOld = Date.now() - since > 3_600_000;
    if (isOld && name.endsWith('.tar') && path !== base && path !== image) rmSync(path, { force: true });
  }
  return image;
}

/** What .dockerignore lets into the build. */
function admitted(): readonly string[] {
  const lines = contentOf(join(project, '.dockerignore')).split('\n');
  return lines.flatMap((line) => (line.startsWith('!') ? [line.slice(1)] : []));
}

function filesBelow(path: string): readonly string[] {
  if (statSync(join(project, path)).isFile()) return [path];
  return readdirSync(join(project, path)).flatMap((name) => filesBelow(join(path, name)));
}

function contentOf(path: string): string {
  return readFileSync(path, 'latin1');
}

function digest(parts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${part.length}\n${part}`);
  return hash.digest('hex').slice(0, 16);
}
