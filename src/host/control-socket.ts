import { chmod, mkdir, rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import type { Ownership } from '../model/ownership.ts';

/** Where the daemon of an instance is asked to do something. */
export function controlPath({ instance }: Ownership): string {
  return `/run/netwright/${instance}/control.sock`;
}

/** Longer requests are not read. */
const longestRequest = 4096;
const longestAnswer = 1024 * 1024;

/**
 * Has everybody who may enter the socket's folder (its owner alone) asked for a line of JSON, and answers with one; what is no JSON
 * is hung up on. A socket left by a dead daemon is replaced: one daemon of an instance runs at a time.
 */
export async function serveControl(
  path: string,
  answer: (request: unknown) => Promise<unknown>,
): Promise<Server> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await chmod(dirname(path), 0o700);
  await rm(path, { force: true });
  const server = createServer((caller) => {
    caller.on('error', () => caller.destroy());
    caller.unref();
    void firstLine(caller, longestRequest)
      .then(async (line) => await answer(JSON.parse(line)))
      .then(
        (told) => caller.end(`${JSON.stringify(told)}\n`),
        () => caller.destroy(),
      );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      server.on('error', () => undefined);
      resolve();
    });
  });
  return server.unref();
}

/** What the daemon answers, however long that takes it; undefined when there is none, or it ends before it has. */
export async function askDaemon(path: string, request: object, signal: AbortSignal): Promise<unknown> {
  const daemon = connect(path);
  const hangUp = () => daemon.destroy(signal.reason as Error);
  signal.addEventListener('abort', hangUp, { once: true });
  try {
    daemon.write(`${JSON.stringify(request)}\n`);
    return JSON.parse(await firstLine(daemon, longestAnswer));
  } catch (error) {
    signal.throwIfAborted();
    if (isNobody(error)) return undefined;
    throw error;
  } finally {
    signal.removeEventListener('abort', hangUp);
    daemon.destroy();
  }
}

function isNobody(error: unknown): boolean {
  if (error instanceof SyntaxError) return true;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return ['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE'].includes(String(code));
}

/** What comes before the first newline; as much as came where there is none. */
async function firstLine(connection: Socket, longest: number): Promise<string> {
  return await new Promise((resolve, reject) => {
    let heard = '';
    connection.setEncoding('utf8');
    connection.on('data', (text: string) => {
      heard += text;
      if (heard.includes('\n') || heard.length > longest) resolve(heard.split('\n', 1)[0] ?? '');
    });
    connection.on('end', () => resolve(heard));
    connection.on('error', reject);
  });
}
