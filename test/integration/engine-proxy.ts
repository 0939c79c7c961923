import { createServer, request } from 'node:http';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import type { ThrowawayHost } from '../host/throwaway-host.ts';

/** What happens around each request that changes something; told as `POST /networks/create`. */
export interface ProxyHooks {
  /** The engine gets the request when this has ended. */
  readonly before?: (call: string) => Promise<void>;
  /** The engine gets the question when this has ended; told as `/containers/<id>/json`. */
  readonly asked?: (path: string) => Promise<void>;
  /** The engine has the request, nobody has the answer. */
  readonly sent?: (call: string) => void;
  /** Whether what the engine tells of by itself, as events, is lost now. */
  readonly isDeaf?: () => boolean;
}

export interface EngineProxy {
  /** For DOCKER_HOST. */
  readonly dockerHost: string;
  close(): Promise<void>;
}

/** Another socket of the host's engine, by which a test gets between netwright and the engine. */
export async function startEngineProxy(host: ThrowawayHost, hooks: ProxyHooks): Promise<EngineProxy> {
  const engine = host.dockerHost.replace('unix://', '');
  const path = join(host.folder, 'proxy.sock');
  const server = createServer((asked, answer) => {
    const { method = '', url = '', headers } = asked;
    const what = url.replace(/^\/v[\d.]+/, '');
    const call = method === 'GET' ? undefined : `${method} ${what}`;
    const forward = request({ socketPath: engine, method, path: url, headers }, (said) => {
      answer.writeHead(said.statusCode ?? 500, said.headers);
      answer.flushHeaders();
      if (what.startsWith('/events')) said.pipe(unlessDeaf(hooks)).pipe(answer);
      else said.pipe(answer);
    });
    forward.on('error', () => answer.destroy());
    // Only a reader who leaves ends what he reads; what was asked for is done.
    if (call === undefined) answer.on('close', () => forward.destroy());
    else forward.on('finish', () => hooks.sent?.(call));
    const held = call === undefined ? hooks.asked?.(what) : hooks.before?.(call);
    Promise.resolve(held).then(
      () => asked.pipe(forward),
      (error: unknown) => answer.destroy(error instanceof Error ? error : new Error(String(error))),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  return {
    dockerHost: `unix://${path}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function unlessDeaf({ isDeaf = () => false }: ProxyHooks): Transform {
  return new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      if (isDeaf()) done();
      else done(null, chunk);
    },
  });
}
