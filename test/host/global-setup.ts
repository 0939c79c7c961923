import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Installs what throwaway hosts need, once before all tests, so that no test's time limit pays for it. */
export function setup(): void {
  const packages = fileURLToPath(new URL('./packages.sh', import.meta.url));
  const { status, stderr } = spawnSync(packages, { stdio: ['ignore', 'inherit', 'pipe'], encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr.trim());
}
