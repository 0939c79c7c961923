import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { connectEngine } from '../../src/host/connect.ts';
import { startHost } from '../host/throwaway-host.ts';
import { isOtherDocker, podman } from './podman-engine.ts';

test.skipIf(isOtherDocker)(
  'what happens to containers and networks of Podman is heard, as far as it tells',
  async () => {
    const host = await startHost({ engine: podman });
    const stop = new AbortController();
    const { signal } = stop;
    const engine = await connectEngine({ DOCKER_HOST: host.dockerHost }, signal);
    const events = await engine.events(signal);
    const heard: string[] = [];
    const listening = (async () => {
      for await (const { type, action, attributes } of events)
        heard.push(`${type} ${action} ${attributes['name'] || (attributes['network'] ?? '')}`);
    })();
    await host.network('front', { subnet: '172.30.1.0/24' });
    const web = await host.container('web');
    await host.docker.getNetwork('front').connect({ Container: 'web' });
    await host.docker.getNetwork('front').disconnect({ Container: 'web' });
    await web.stop();
    await host.docker.getContainer('web').rename({ name: 'www' });
    await host.docker.getContainer('www').remove();
    await host.docker.getNetwork('front').remove();
    for (let left = 100; left > 0 && !heard.includes('container remove www'); left--) await sleep(50);
    await sleep(200);
    stop.abort();
    await listening;
    // Before Podman 5 nothing is said of a network that comes or goes: the periodic look finds it.
    const [made, gone] = engine.version.startsWith('4.')
      ? [[], []]
      : [['network create front'], ['network remove front']];
    // Who cleans up is another process, which may come twice, and late.
    expect(heard).toContain('container cleanup web');
    expect(heard.filter((each) => !each.includes(' cleanup '))).toEqual([
      ...made,
      'container create web',
      'container start web',
      'network connect web',
      'network disconnect web',
      'container die web',
      'container rename www',
      'container remove www',
      ...gone,
    ]);
    await host.stop();
  },
);
