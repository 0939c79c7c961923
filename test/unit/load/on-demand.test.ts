import { expect, test } from 'vitest';
import { loadText } from './directory.ts';
import { describeMessages } from './messages.ts';

const entry = (fields: string): string => `on_demand: { a: { ${fields} } }\n`;
const target = 'target: { container_name: web, port: 80 }';

describeMessages([
  [
    'a port that is none',
    entry(`listen: "10.0.0.1:70000", ${target}`),
    ':1:27  "10.0.0.1:70000" names no port',
    '  ports are numbers from 1 to 65535',
  ],
  [
    'an address that is none to listen on',
    entry(`listen: [9090, "10.0.0:9091"], ${target}`),
    ':1:34  "10.0.0" is no address',
    '  write address:port, an IPv6 address in brackets',
  ],
  [
    'a source that is none',
    entry(`listen: 9090, ${target}, sources: [10.0.0.0/33]`),
    ':1:86  "10.0.0.0/33" is neither an address nor a subnet',
  ],
  [
    'a target that says nothing of containers',
    entry('listen: 9090, target: "localhost:5000"'),
    ':1:17  nothing says which containers are behind "localhost"',
    '  add group: the value of their label netwright.group, or a list of their names',
  ],
  [
    'what the kernel cannot say',
    entry(`listen: 9090, ${target}, proxy_protocol: v1, handover: true`),
    ':1:106  by the kernel nobody is told by the PROXY protocol who the client is',
    '  leave out one of the two',
  ],
  [
    'the PROXY protocol for datagrams',
    entry(`listen: [53, 53/udp], ${target}, proxy_protocol: v2`),
    ':1:100  nobody is told by the PROXY protocol from whom datagrams come',
    '  give UDP ports an entry of their own',
  ],
  [
    'a port that two listen on',
    `on_demand:\n  a: { listen: "10.0.0.1:9090", ${target} }\n  b: { listen: 9090, ${target} }\n`,
    ':3:16  port 9090 is listened on there already; the other is at F:2:16',
  ],
]);

test('ports at different addresses are different ports', async () => {
  const text = `on_demand:\n  a: { listen: "10.0.0.1:9090", ${target} }\n  b: { listen: ["10.0.0.2:9090", "[::1]:9090", 9090/udp], ${target} }\n`;
  expect(await loadText('a.yaml', text)).toMatchObject({ ok: true });
});

test('what the file leaves out has its usual value', async () => {
  const loaded = await loadText('a.yaml', entry(`listen: "[::0]:9090", ${target}`));
  if (!loaded.ok) throw new Error('it does not load');
  expect(loaded.config.onDemand).toMatchObject([
    {
      name: 'a',
      listen: [{ port: 9090, protocol: 'tcp' }],
      target: { kind: 'container', name: 'web', port: 80 },
      group: { kind: 'names', names: ['web'] },
      idle: 300_000,
      countsQuiet: true,
      handover: true,
      health: true,
      startTimeout: 60_000,
      stopTimeout: 10_000,
      maxHeld: 4096,
    },
  ]);
});
