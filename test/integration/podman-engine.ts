import { engineUnderTest, lacking } from '../host/engine-under-test.ts';
import type { ThrowawayHost } from '../host/throwaway-host.ts';

/** The Podman under test, or the machine's own beside a Docker under test. */
export const podman = engineUnderTest.startsWith('podman') ? engineUnderTest : 'podman';

/** Whether these tests have been run already: with the machine's own Docker they try the machine's own Podman. */
export const isOtherDocker = lacking('this is for Podman', 'docker-');

/** What Podman's own API says: of a network, of the list of them. */
export async function askPodman(host: ThrowawayHost, path: string): Promise<unknown> {
  return await new Promise((resolve, reject) => {
    const options = { method: 'GET', path: `/v4.0.0/libpod${path}`, statusCodes: { 200: true } } as const;
    host.docker.modem.dial(options, (error: unknown, answer: unknown) =>
      error instanceof Error ? reject(error) : resolve(answer),
    );
  });
}
