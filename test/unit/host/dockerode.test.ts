import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import { loadDockerode } from '../../../src/host/dockerode.ts';

test('the client of the engine comes without gRPC and SSH', async () => {
  const Dockerode = await loadDockerode();
  expect(new Dockerode({ socketPath: '/nowhere' })).toHaveProperty('listContainers');
  const loaded = Object.keys(createRequire(import.meta.url).cache);
  expect(loaded.filter((path) => path.includes('/docker-modem/'))).not.toEqual([]);
  expect(loaded.filter((path) => /\/node_modules\/(ssh2|@grpc|protobufjs)\//.test(path))).toEqual([]);
});
