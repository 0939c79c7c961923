import { connect, createServer, type Server } from 'node:net';

/** Tells everybody who connects to a unix socket the same kind of thing, and hangs up; keeps no process alive. Throws EADDRINUSE as node does. */
export async function speakOnce(path: string, text: () => string | Promise<string>): Promise<Server> {
  const server = createServer((connection) => {
    connection.on('error', () => connection.destroy());
    connection.unref();
    void Promise.resolve()
      .then(text)
      .then(
        (told) => {
          connection.write(told);
          connection.destroySoon();
        },
        () => connection.destroy(),
      );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      // A connection that could not be taken, for want of file descriptors say, is the caller's loss and nobody else's.
      server.on('error', () => undefined);
      resolve();
    });
  });
  server.unref();
  return server;
}

export interface ListenOptions {
  readonly milliseconds: number;
  /** More than this many characters are not listened to. */
  readonly limit: number;
}

/** What is told on a unix socket: the text, as far as it came in time and within the limit; undefined when nobody is there. */
export async function listenOnce(path: string, options: ListenOptions): Promise<string | undefined> {
  return await new Promise((resolve, reject) => {
    let heard = '';
    const connection = connect(path);
    const hangUp = (): void => {
      clearTimeout(timer);
      connection.destroy();
      resolve(heard);
    };
    const timer = setTimeout(hangUp, options.milliseconds);
    connection.setEncoding('utf8');
    connection.on('data', (text: string) => {
      heard += text;
      if (heard.length > options.limit) hangUp();
    });
    connection.on('end', hangUp);
    connection.on('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED') resolve(undefined);
      else if (error.code === 'ECONNRESET') resolve(heard);
      else reject(error);
    });
  });
}
