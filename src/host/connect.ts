import { NetwrightError } from '../errors.ts';
import { codeOf } from './code.ts';
import { openDocker } from './docker.ts';
import type { Engine } from './engine.ts';
import { greet } from './greet.ts';
import { openPodman } from './podman.ts';

const usualAddresses = ['unix:///var/run/docker.sock', 'unix:///run/podman/podman.sock'] as const;

/**
 * Connects to the engine that DOCKER_HOST names, else to the first of Docker's and Podman's usual sockets that answers.
 * ENGINE_UNREACHABLE names every address that was tried.
 */
export async function connectEngine(env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<Engine> {
  const declared = env['DOCKER_HOST'] ?? '';
  const tried: string[] = [];
  for (const address of declared === '' ? usualAddresses : [checked(declared)]) {
    try {
      const answering = await greet(address, signal);
      return answering.kind === 'podman' ? openPodman(answering) : openDocker(answering);
    } catch (error) {
      if (signal.aborted || isAnswer(error)) throw error;
      tried.push(`${address} (${reason(error)})`);
    }
  }
  throw new NetwrightError('ENGINE_UNREACHABLE', `no container engine answers at ${tried.join(' or ')}`, {
    hint:
      declared === ''
        ? 'Start Docker or Podman, or say where it listens: DOCKER_HOST=unix:///path/of/the.sock or DOCKER_HOST=tcp://address:port'
        : 'DOCKER_HOST says where to look: start the engine there, or change or unset DOCKER_HOST.',
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
