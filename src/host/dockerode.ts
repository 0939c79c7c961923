import { createRequire, Module } from 'node:module';
import type Docker from 'dockerode';

/** What dockerode loads for building images and for engines on other machines: two thirds of its time, and 11 MB that a daemon would keep. */
const unused = ['dockerode/lib/session.js', 'docker-modem/lib/ssh.js'] as const;

/**
 * The client of the engine's API, without gRPC and SSH. Where the package has these parts elsewhere it is loaded as it is, only more slowly.
 */
export async function loadDockerode(): Promise<typeof Docker> {
  const require = createRequire(import.meta.url);
  for (const part of unused) {
    const path = pathOf(require, part);
    if (path !== undefined && require.cache[path] === undefined) require.cache[path] = nothing(path);
  }
  return (await import('dockerode')).default;
}

function pathOf(require: NodeJS.Require, part: string): string | undefined {
  try {
    return require.resolve(part);
  } catch {
    return undefined;
  }
}

function nothing(path: string): NodeJS.Module {
  const module = new Module(path);
  module.exports = () => {
    throw new Error('netwright has no use for this part of dockerode, and has left it out');
  };
  module.loaded = true;
  return module;
}
