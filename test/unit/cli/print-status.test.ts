import { describe, expect, test } from 'vitest';
import { plain } from '../../../src/cli/paint.ts';
import { printStatus } from '../../../src/cli/print-status.ts';
import { type StatusFacts, statusOf } from '../../../src/cli/status-document.ts';
import type { Desired } from '../../../src/model/desired.ts';
import type { Notice } from '../../../src/model/notice.ts';
import type { Operation } from '../../../src/model/plan.ts';
import { isHealthy, type Status } from '../../../src/model/status.ts';
import { at, change, connect, createNetwork, failed, locate } from './samples.ts';

const desired: Desired = {
  networks: [
    {
      origin: at(3),
      name: 'front',
      subnets: [{ subnet: '172.18.103.0/24', gateway: '172.18.103.1' }],
      chosenIpRanges: {},
      chosenGateways: {},
      options: {},
      labels: {},
      onConflict: 'fail',
    },
  ],
  endpoints: [],
  warmUps: [],
  namespaces: new Map(),
  notices: [],
};

const statusWith = (
  operations: readonly Operation[],
  notices: readonly Notice[],
  rest: Pick<Partial<StatusFacts>, 'file' | 'daemon' | 'lastPass' | 'outcomes'> = {},
): Status =>
  statusOf({
    version: '0.1.0',
    instance: 'default',
    file: { path: '/etc/user/config/networks.yaml', state: 'in force', problems: [] },
    look: { desired, plan: { operations, notices } },
    locate,
    ...rest,
  });

const moved = change('~', 'containers', 'web in front   172.18.103.2', 12);
const made = change('+', 'networks', 'back   bridge 10.1.0.0/24', 5);
const waits: Notice = { kind: 'waiting', subject: 'vpn', message: 'no such container yet', origin: at(22) };

describe('a printed status', () => {
  test('says what is in force, pending, failed and waiting', () => {
    const operations = [createNetwork('back', [made]), connect('web', 'front', [moved])];
    const status = statusWith(operations, [waits], {
      daemon: { pid: 12, since: '2026-01-02T03:04:05.000Z' },
      lastPass: {
        id: 'p1',
        at: '2026-01-02T03:05:00.000Z',
        milliseconds: 34.6,
        rounds: 1,
        converged: false,
        changes: 2,
      },
      outcomes: [failed(connect('web', 'front', [moved]), 'Address already in use')],
    });
    expect(`\n${printStatus(status, plain)}`).toBe(`
netwright 0.1.0   instance default   daemon pid 12 since 2026-01-02T03:04:05.000Z
file        /etc/user/config/networks.yaml   in force
last pass   2026-01-02T03:05:00.000Z   35 ms, 1 round, 2 operations   not converged
networks
  ✓ front   bridge 172.18.103.0/24 gateway 172.18.103.1            networks.yaml:3
pending
  + back   bridge 10.1.0.0/24                                      networks.yaml:5
failed
  ~ web in front   172.18.103.2                                    networks.yaml:12
      Address already in use
waiting
    vpn   no such container yet                                    networks.yaml:22
1 in force; 1 pending, 1 failed, 1 waiting.
`);
  });

  test('without a daemon and a good file says that it cannot be known', () => {
    const problem = {
      severity: 'error',
      code: 'syntax',
      file: 'n.json',
      line: 1,
      column: 2,
      message: 'odd',
    } as const;
    const status = statusOf({
      version: '0.1.0',
      instance: 'default',
      file: { path: 'n.json', state: 'invalid, the last good one stays in force', problems: [problem] },
      locate,
    });
    expect(printStatus(status, plain)).toBe(`netwright 0.1.0   instance default   no daemon
file        n.json   invalid, the last good one stays in force
n.json:1:2  odd
What is in force is not known without a file in order.
`);
  });
});

describe('gateways in a status', () => {
  const [network] = desired.networks;
  const gatewayContainer = {
    containerName: 'sentry',
    addresses: ['172.18.103.1'],
    hostAddresses: {},
    routes: 'engine',
  } as const;
  const frames = { origin: at(3), networks: ['front'], places: [], gateways: [] };
  const address = { origin: at(3), address: '172.18.103.1', network: 'front', subnets: ['172.18.103.0/24'] };
  const space = { id: 'net:[1]', name: 'sentry', tables: [], sets: [], routes: [], rules: [], sysctls: [] };
  const linesOf = (wanted: Partial<Desired>, operations: readonly Operation[] = []): string => {
    if (network === undefined) throw new Error('no network');
    const networks = [{ ...network, gatewayContainer }];
    const status = statusOf({
      version: '0.1.0',
      instance: 'default',
      file: { path: 'n.json', state: 'in force', problems: [] },
      look: { desired: { ...desired, networks, ...wanted }, plan: { operations, notices: [] } },
      counting: {
        sets: [],
        tables: [
          {
            family: 4,
            table: 'filter',
            chains: new Map([
              [
                'NETWRIGHT-GATE',
                [
                  {
                    match: {},
                    target: { kind: 'drop' },
                    comment: 'front by sentry alone',
                    packets: 12,
                    bytes: 700,
                  },
                ],
              ],
            ]),
            foreignChains: new Set(),
            jumps: [],
            otherwiseEmpty: true,
          },
        ],
      },
      locate,
    });
    return printStatus(status, plain).split('gateways\n')[1]?.split('\n')[0] ?? '';
  };
  const namespaces = new Map([['net:[1]', { ...space, addresses: [address] }]]);

  test('one that is there is told with what it is the gateway of, and what was refused', () => {
    expect(linesOf({ namespaces, frames })).toBe(
      '  ✓ front by sentry   172.18.103.1, there, members closed in, 12 packets refused',
    );
  });

  test('one that is away, that comes, and frames that nobody checks stand out', () => {
    expect(linesOf({ frames })).toContain('! front by sentry   172.18.103.1, away');
    expect(linesOf({ namespaces })).toContain('frames unchecked');
    const comes: Operation = {
      kind: 'add-address',
      because: 'x',
      changes: [],
      namespace: 'net:[1]',
      address: '172.18.103.1',
      beside: [],
    };
    expect(linesOf({ namespaces, frames }, [comes])).toMatch(/^ {2}! .*, coming,/);
  });
});

describe('a status', () => {
  test('is healthy when all is in force that can be', () => {
    expect(isHealthy(statusWith([], [waits]))).toBe(true);
    expect(isHealthy(statusWith([], [{ kind: 'warning', subject: 'a', message: 'b' }]))).toBe(true);
    expect(isHealthy(statusWith([], [{ kind: 'refused', subject: 'a', message: 'b' }]))).toBe(false);
    expect(isHealthy(statusWith([connect('web', 'front', [moved])], []))).toBe(false);
  });

  test('is not healthy when the last pass failed or the file is bad', () => {
    const pass = { id: 'p', at: '', milliseconds: 1, rounds: 1, converged: true, changes: 0 };
    expect(isHealthy(statusWith([], [], { lastPass: pass }))).toBe(true);
    expect(isHealthy(statusWith([], [], { lastPass: { ...pass, converged: false } }))).toBe(false);
    expect(isHealthy(statusWith([], [], { lastPass: { ...pass, error: 'no engine' } }))).toBe(false);
    const file = { path: 'n.json', state: 'missing', problems: [] } as const;
    expect(isHealthy(statusWith([], [], { file }))).toBe(false);
  });

  test('forgets a failure that is no longer to be done', () => {
    const outcomes = [failed(connect('web', 'front', [moved]), 'busy')];
    expect(statusWith([], [], { outcomes }).failed).toEqual([]);
  });
});
