import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { Container } from '../host/container.ts';
import type { Outside } from '../host/outside.ts';
import { startHost, type ThrowawayHost } from '../host/throwaway-host.ts';
import { until } from './daemon-scene.ts';

const example = fileURLToPath(new URL('../../examples/sentry-bottle/', import.meta.url));
const allowed = '203.0.113.9';
const forbidden = '203.0.113.10';

let host: ThrowawayHost;
let internet: Outside;
let sentry: Container;
let bottle: Container;

/** An image of Debian's programs with the example's own files, as its Dockerfile makes one of Alpine's. */
async function importSentry(): Promise<void> {
  const tree = `${host.folder}/sentry`;
  await host.sh(`mkdir -p ${tree}/etc/sentry ${tree}/run ${tree}/tmp ${tree}/var/run
    cp -r /run/engine/busybox/. ${tree}
    for program in dnsmasq ipset xtables-nft-multi; do
      path=$(readlink -f "$(command -v $program)")
      cp -L "$path" ${tree}/bin/$program
      ldd "$path" | grep -o '/[^ ]*' | xargs -I+ cp -L --parents + ${tree}
    done
    ln -s xtables-nft-multi ${tree}/bin/iptables
    plugins=$(dirname "$(find /usr/lib -name libxt_set.so)")
    cp -r --parents "$plugins" ${tree}
    cp ${example}sentry/allowed ${example}sentry/start.sh ${tree}/etc/sentry/
    tar -C ${tree} -cf ${host.folder}/sentry.tar .`);
  await host.docker.importImage(`${host.folder}/sentry.tar`, { repo: 'sentry', tag: 'latest' });
}

const asked = async (name: string, server = '') =>
  (await host.exec(['busybox', 'nslookup', name, ...(server === '' ? [] : [server])], { in: bottle })).stdout;
/** The engine's own way of asking, with the container's resolv.conf. */
const resolved = async (name: string) => {
  const exec = await host.docker
    .getContainer('bottle')
    .exec({ Cmd: ['nslookup', name], AttachStdout: true, AttachStderr: true });
  const stream = await exec.start({});
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
};
const reached = async (address: string, port = 80) =>
  (await host.connect(bottle, { address, port })).kind === 'answered';

beforeAll(async () => {
  host = await startHost();
  internet = await host.outside('up0', '203.0.113.1/24', [`${allowed}/24`, `${forbidden}/24`]);
  await host.sh(`ip route add default via ${allowed}`);
  for (const address of [allowed, forbidden]) await host.listen(internet, { address, port: 80 });
  const names = ['--address=/allowed.example/203.0.113.9', '--address=/forbidden.example/203.0.113.10'];
  const server = await host.spawn(
    ['dnsmasq', '--no-daemon', '--conf-file=/dev/null', '--user=root', '--no-resolv', '--no-hosts', ...names],
    { in: internet },
  );
  await server.waitForLine(/started/);
  await importSentry();
  const file = parse(readFileSync(`${example}config/networks.yaml`, 'utf8')) as object;
  const daemon = await host.startNetwright(['watch'], { file: host.write('networks.json', file) });
  await daemon.waitForLine(/waiting/i, 30_000);
  bottle = await host.container('bottle', { networks: ['bottle'], dns: ['172.20.5.1'] });
  sentry = await host.container('sentry', {
    image: 'sentry',
    cmd: ['/etc/sentry/start.sh'],
    env: [`UPSTREAM=${allowed}`],
    capAdd: ['NET_ADMIN', 'NET_RAW'],
  });
});
afterAll(async () => await host.stop());

const isThere = async () => (await resolved('allowed.example')).includes(allowed);

test('an allowed name is resolved, and then reached', async () => {
  await until('SENTRY is there → the allowed name', 30_000, isThere);
  expect(await reached(allowed)).toBe(true);
});

test('no other name is resolved, whomever it is asked of', async () => {
  expect(await resolved('forbidden.example')).not.toContain(forbidden);
  const [atInternet, atNobody] = [
    await asked('forbidden.example', allowed),
    await asked('allowed.example', '192.0.2.1'),
  ];
  expect(atInternet).not.toContain(forbidden);
  expect(atNobody).toContain(allowed);
});

test('nothing else is reached, its address known or not', async () => {
  expect(await host.connect(sentry, { address: forbidden, port: 80 })).toMatchObject({ kind: 'answered' });
  expect(await reached(forbidden)).toBe(false);
  await host.listen(host, { port: 8000 });
  for (const address of ['203.0.113.1', '172.17.0.1']) expect(await reached(address, 8000)).toBe(false);
});

test('while SENTRY is away nothing is, and when it is back all of it is again', async () => {
  await sentry.stop();
  expect(await reached(allowed)).toBe(false);
  expect(await isThere()).toBe(false);
  await sentry.start();
  await until('SENTRY is back → the allowed name', 30_000, isThere);
  expect([await reached(allowed), await reached(forbidden)]).toEqual([true, false]);
});
