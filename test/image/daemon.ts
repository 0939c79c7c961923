import { createReadStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type Dockerode from 'dockerode';
import type { ThrowawayHost } from '../host/throwaway-host.ts';

export interface RunOptions {
  readonly capAdd: readonly string[];
  readonly capDrop?: readonly string[];
  readonly binds?: readonly string[];
  readonly readOnly?: boolean;
  /** Instead of the image's own command. */
  readonly cmd?: readonly string[];
}

const binds = ['/var/run/docker.sock:/var/run/docker.sock', '/etc/user/config:/etc/user/config'];

/** `docker load`. */
export async function loadImage(host: ThrowawayHost, file: string): Promise<void> {
  const stream = await host.docker.loadImage(createReadStream(file));
  stream.resume();
  await finished(stream);
}

/** `docker create --network host --pid host` with network-go's two volumes; looks at its health twice a second. */
export async function createNetwright(
  host: ThrowawayHost,
  name: string,
  options: RunOptions,
): Promise<Dockerode.Container> {
  return await host.docker.createContainer({
    name,
    Image: 'netwright:test',
    ...(options.cmd && { Cmd: [...options.cmd] }),
    Healthcheck: { Interval: 500_000_000 },
    HostConfig: {
      NetworkMode: 'host',
      PidMode: 'host',
      CapAdd: [...options.capAdd],
      CapDrop: [...(options.capDrop ?? [])],
      ReadonlyRootfs: options.readOnly ?? false,
      Binds: [...binds, ...(options.binds ?? [])],
    },
  });
}

/** Everything it has logged. */
export async function logOf(container: Dockerode.Container): Promise<string> {
  const log = await container.logs({ stdout: true, stderr: true });
  let text = '';
  for (let at = 0; at + 8 <= log.length; ) {
    const size = log.readUInt32BE(at + 4);
    text += log.toString('utf8', at + 8, at + 8 + size);
    at += 8 + size;
  }
  return text;
}

/** Runs the image with another command, to its end. */
export async function runOnce(
  host: ThrowawayHost,
  options: RunOptions,
): Promise<{ readonly exitCode: number; readonly output: string }> {
  const container = await createNetwright(host, `once-${performance.now().toFixed(0)}`, options);
  await container.start();
  const { StatusCode } = (await container.wait()) as { readonly StatusCode: number };
  const output = await logOf(container);
  await container.remove();
  return { exitCode: StatusCode, output };
}

/** Resolves with the milliseconds until it was so; rejects with what `tell` says after 10 seconds. */
export async function until(isSo: () => Promise<boolean>, tell: () => Promise<string>): Promise<number> {
  const began = performance.now();
  while (!(await isSo())) {
    if (performance.now() - began > 10_000)
      throw new Error(`not within 10 seconds; it says:\n${await tell()}`);
    await sleep(20);
  }
  return Math.round(performance.now() - began);
}
