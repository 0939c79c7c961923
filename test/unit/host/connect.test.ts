import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { connectEngine } from '../../../src/host/connect.ts';
import { negotiate } from '../../../src/host/greet.ts';

const { signal } = new AbortController();

describe('the engine', () => {
  let folder: string;
  let server: Server | undefined;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'engine-'));
  });
  afterEach(async () => {
    server?.close();
    server = undefined;
    await rm(folder, { recursive: true });
  });

  /** Something that listens on a socket and answers every path with one of these, or 500 where there is none. */
  const answering = async (answers: Readonly<Record<string, unknown>>): Promise<string> => {
    const socket = join(folder, 'engine.sock');
    server = createServer((request, response) => {
      const path = (request.url ?? '').replace(/^\/v[\d.]+/, '').replace(/\?.*/, '');
      const answer = answers[path];
      response.writeHead(answer === undefined ? 500 : 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(answer ?? { message: 'no such thing, says the engine' }));
    });
    await new Promise<void>((resolve) => server?.listen(socket, resolve));
    return `unix://${socket}`;
  };

  const version = {
    Version: '27.1',
    ApiVersion: '1.46',
    MinAPIVersion: '1.24',
    Components: [{ Name: 'Engine' }],
  };

  test('is asked who it is, and spoken to in a version both know', async () => {
    const address = await answering({ '/version': version, '/info': {}, '/networks': [{ Id: 'a' }] });
    const engine = await connectEngine({ DOCKER_HOST: address }, signal);
    expect(engine).toMatchObject({
      address,
      kind: 'docker',
      version: '27.1',
      apiVersion: '1.46',
      keepsMacAddresses: false,
    });
    expect(await engine.listNetworks(signal)).toEqual([{ Id: 'a' }]);
  });

  test('may be Podman', async () => {
    const components = [{ Name: 'Podman Engine' }, { Name: 'Conmon' }];
    const address = await answering({ '/version': { ...version, Components: components }, '/info': {} });
    expect((await connectEngine({ DOCKER_HOST: address }, signal)).kind).toBe('podman');
  });

  test('that refuses is quoted', async () => {
    const address = await answering({ '/version': version, '/info': {} });
    const engine = await connectEngine({ DOCKER_HOST: address }, signal);
    await expect(engine.removeNetwork('a', signal)).rejects.toMatchObject({
      code: 'ENGINE_REFUSED',
      message: 'no such thing, says the engine',
    });
  });

  test('that ends later is unreachable, not broken', async () => {
    const address = await answering({ '/version': version, '/info': {} });
    const engine = await connectEngine({ DOCKER_HOST: address }, signal);
    server?.closeAllConnections();
    server?.close();
    await expect(engine.listNetworks(signal)).rejects.toMatchObject({ code: 'ENGINE_UNREACHABLE' });
  });

  test.each([
    ['Docker 20.10', { SecurityOptions: ['name=seccomp,profile=default', 'name=rootless'] }],
    ['Podman 4.3', { SecurityOptions: ['name=seccomp,profile=default'], Rootless: true }],
  ])('that runs rootless is refused, and why: %s', async (_, info) => {
    const address = await answering({ '/version': version, '/info': info });
    await expect(connectEngine({ DOCKER_HOST: address }, signal)).rejects.toMatchObject({
      code: 'ENGINE_UNSUPPORTED',
      hint: expect.stringContaining('namespace of its own') as string,
    });
  });

  test('is not whoever else listens there', async () => {
    const address = await answering({ '/version': 'hello', '/info': [] });
    await expect(connectEngine({ DOCKER_HOST: address }, signal)).rejects.toMatchObject({
      code: 'ENGINE_UNSUPPORTED',
    });
  });

  test('that is not there is named with every socket that was tried', async () => {
    const address = `unix://${folder}/none.sock`;
    await expect(connectEngine({ DOCKER_HOST: address }, signal)).rejects.toMatchObject({
      code: 'ENGINE_UNREACHABLE',
      message: `no container engine answers at ${address} (no such socket)`,
      hint: expect.stringContaining('DOCKER_HOST') as string,
    });
  });

  test('is the one of RUNTIME_API, a path or an address, where DOCKER_HOST names none', async () => {
    const address = await answering({ '/version': version, '/info': {} });
    for (const RUNTIME_API of [address, address.replace('unix://', '')])
      expect(await connectEngine({ DOCKER_HOST: '', RUNTIME_API }, signal)).toMatchObject({ address });
    const none = `unix://${folder}/none.sock`;
    const both = { DOCKER_HOST: address, RUNTIME_API: none };
    expect(await connectEngine(both, signal)).toMatchObject({ address });
    await expect(connectEngine({ RUNTIME_API: none }, signal)).rejects.toMatchObject({
      code: 'ENGINE_UNREACHABLE',
      hint: expect.stringContaining('RUNTIME_API says where to look') as string,
    });
    await expect(connectEngine({ RUNTIME_API: 'tcp://10.0.0.1:2375' }, signal)).rejects.toMatchObject({
      code: 'USAGE',
    });
  });

  test.skipIf(existsSync('/var/run/docker.sock') || existsSync('/run/podman/podman.sock'))(
    "is looked for at Docker's and Podman's usual sockets where nobody says where it is",
    async () => {
      await expect(connectEngine({ DOCKER_HOST: '' }, signal)).rejects.toMatchObject({
        message: expect.stringMatching(
          /:\/\/\/var\/run\/docker\.sock .*:\/\/\/run\/docker\.sock .*:\/\/\/run\/podman\/podman\.sock .*:\/\/\/var\/run\/podman\/podman\.sock/,
        ) as string,
        hint: expect.stringContaining('DOCKER_HOST=unix://') as string,
      });
    },
  );

  test.each([
    ['ssh://root@far', 'ENGINE_UNSUPPORTED'],
    ['/var/run/docker.sock', 'USAGE'],
    ['unix://', 'USAGE'],
  ])('cannot be at %s', async (address, code) => {
    await expect(connectEngine({ DOCKER_HOST: address }, signal)).rejects.toMatchObject({ code });
  });
});

describe('the version of the API', () => {
  test.each([
    ["the engine's own when it is old", '1.41', '1.12', '1.41'],
    ['ours when the engine is newer', '1.99', '1.24', '1.51'],
    ["the engine's oldest when it has left ours behind", '2.3', '1.60', '1.60'],
    ['compared as numbers', '1.9', '1.8', '1.9'],
    ['the newest alone where the oldest is not told', '1.41', '', '1.41'],
  ])('is %s', (_, newest, oldest, spoken) => {
    expect(negotiate(newest, oldest)).toBe(spoken);
  });
});
