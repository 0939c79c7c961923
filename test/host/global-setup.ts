import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { engineUnderTest } from './engine-under-test.ts';

/** Installs what throwaway hosts need, once before all tests, so that no test's time limit pays for it. */
export function setup(): void {
  run('./packages.sh');
  if (engineUnderTest !== 'none') run('./engine-tree.sh', engineUnderTest);
}

function run(script: string, ...argv: readonly string[]): void {
  const command = fileURLToPath(new URL(script, import.meta.url));
  const { status, stderr } = spawnSync(command, argv, {
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr.trim());
}
