import { NetwrightError } from '../errors.ts';
import { codeOf } from './code.ts';
import { openDocker } from './docker.ts';
import type { Engine } from './engine.ts';
import { greet } from './greet.ts';
import { openPodman } from './podman.ts';

/** In a container `/var/run` need not lead to `/run`, nor the other way round. */
const usualAddresses = [
  'unix:///var/run/docker.sock',
  'unix:///run/docker.sock',
  'unix:///run/podman/podman.sock',
  'unix:///var/run/podman/podman.sock',
] as const;

/**
 * Connects to the engine that DOCKER_HOST names, else the one whose socket RUNTIME_API names, else to the first of Docker's and
 * Podman's usual sockets that answers. ENGINE_UNREACHABLE names every address that was tried.
 */
export async function connectEngine(env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<Engine> {
  const declared = declaredIn(env);
  const tried: string[] = [];
  let isDenied = false;
  for (const address of declared === undefined ? usualAddresses : [declared.address]) {
    try {
      const answering = await greet(address, signal);
      return answering.kind === 'podman' ? openPodman(answering) : openDocker(answering);
    } catch (error) {
      if (signal.aborted || isAnswer(error)) throw error;
      tried.push(`${address} (${reason(error)})`);
      isDenied ||= codeOf(error) === 'EACCES';
    }
  }
  throw new NetwrightError('ENGINE_UNREACHABLE', `no container engine answers at ${tried.join(' or ')}`, {
    hint: isDenied
      ? 'Run as root, or as somebody who may use that socket (for Docker, a member of the group docker).'
      : unansweredHint(declared),
  });
}

function unansweredHint(declared: Declared | undefined): string {
  return declared === undefined
    ? 'Start Docker or Podman, or say where it listens: DOCKER_HOST=unix:///path/of/the.sock or DOCKER_HOST=tcp://address:port'
    : `${declared.by} says where to look: start the engine there, or change or unset ${declared.by}.`;
}

interface Declared {
  readonly address: string;
  readonly by: 'DOCKER_HOST' | 'RUNTIME_API';
}

/** The address that a variable names; an empty one names none. */
function declaredIn(env: NodeJS.ProcessEnv): Declared | undefined {
  const { DOCKER_HOST: address = '', RUNTIME_API: socket = '' } = env;
  if (address !== '') return { address: checked(address), by: 'DOCKER_HOST' };
  if (socket === '') return undefined;
  const path = socket.replace(/^unix:\/\//, '');
  if (path.startsWith('/')) return { address: `unix://${path}`, by: 'RUNTIME_API' };
  throw new NetwrightError('USAGE', `RUNTIME_API is ${socket}, which is no path of a socket`, {
    hint: 'Use /path/of/the.sock or unix:///path/of/the.sock.',
  });
}

function checked(address: string): string {
  if (/^unix:\/\/\/.|^tcp:\/\/./.test(address)) return address;
  if (address.startsWith('ssh://')) {
    throw new NetwrightError('ENGINE_UNSUPPORTED', `the engine at ${address} is on another machine`, {
      hint: 'netwright changes the rules and routes of the machine it runs on. Run it there, beside the engine.',
    });
  }
  throw new NetwrightError('USAGE', `DOCKER_HOST is ${address}, which is no address of an engine`, {
    hint: 'Use unix:///path/of/the.sock or tcp://address:port.',
  });
}

/** It did answer, only not as we need it: the next socket would be the wrong engine. */
function isAnswer(error: unknown): boolean {
  return error instanceof NetwrightError && error.code !== 'ENGINE_UNREACHABLE';
}

function reason(error: unknown): string {
  switch (codeOf(error)) {
    case 'ENOENT':
      return 'no such socket';
    case 'ECONNREFUSED':
      return 'nobody listens';
    case 'EACCES':
      return 'permission denied';
    default:
      return error instanceof Error ? error.message : String(error);
  }
}
