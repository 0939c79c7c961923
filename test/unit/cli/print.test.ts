import { describe, expect, test } from 'vitest';
import { coloured, plain } from '../../../src/cli/paint.ts';
import { type PassResult, passDocument } from '../../../src/cli/pass-document.ts';
import { planDocument } from '../../../src/cli/plan-document.ts';
import { printPass, printPlan } from '../../../src/cli/print.ts';
import type { Notice } from '../../../src/model/notice.ts';
import type { Operation, Outcome } from '../../../src/model/plan.ts';
import {
  at,
  change,
  connect,
  createNetwork,
  done,
  failed,
  locate,
  removeNetwork,
  restoreTable,
  skipped,
} from './samples.ts';

const planned = (operations: readonly Operation[], notices: readonly Notice[] = []): string =>
  `\n${printPlan(planDocument({ operations, notices }, locate), plain)}`;

const passed = (outcomes: readonly Outcome[], rest: Partial<PassResult> = {}): string => {
  const result = { outcomes, remaining: [], notices: [], rounds: 2, converged: true, ...rest };
  return `\n${printPass(passDocument(result, locate), plain)}`;
};

const front = change('+', 'networks', 'front   bridge 172.18.103.0/24 gateway 172.18.103.1', 3);
const moved = change('~', 'containers', 'loadbalancer in front   172.18.103.2 (has 172.18.103.7)', 12);
const allowed = change('+', 'namespace', 'allow publicbackend → loadbalancer tcp/80', 20, 'host');
const noContainer: Notice = {
  kind: 'waiting',
  subject: 'vpn',
  message: 'no such container yet',
  origin: at(22),
};

describe('a printed plan', () => {
  test('has sections, signs, columns, places in the file and a summary', () => {
    const plan = [
      createNetwork('front', [front]),
      restoreTable(4, [allowed]),
      connect('loadbalancer', 'front', [moved]),
    ];
    expect(planned(plan, [noContainer])).toBe(`
networks
  + front   bridge 172.18.103.0/24 gateway 172.18.103.1            networks.yaml:3
containers
  ~ loadbalancer in front   172.18.103.2 (has 172.18.103.7)        networks.yaml:12
host
  + allow publicbackend → loadbalancer tcp/80                      networks.yaml:20
waiting
    vpn   no such container yet                                    networks.yaml:22
2 to add, 1 to change, 0 to remove; 1 waiting.
`);
  });

  test('says a line that several operations share once, and counts it once', () => {
    expect(planned([restoreTable(4, [allowed]), restoreTable(6, [allowed])])).toBe(`
host
  + allow publicbackend → loadbalancer tcp/80                      networks.yaml:20
1 to add, 0 to change, 0 to remove.
`);
  });

  test('has one section a namespace, the host first and then containers by name', () => {
    const rule = (place: string) => change('+', 'namespace', 'ip_forward = 1', undefined, place);
    const plan = ['vpn', 'alpha', 'host'].map((place) => restoreTable(4, [rule(place)], place));
    expect(planned(plan)).toBe(`
host
  + ip_forward = 1
alpha
  + ip_forward = 1
vpn
  + ip_forward = 1
3 to add, 0 to change, 0 to remove.
`);
  });

  test('lines up the columns of a section', () => {
    const texts = ['a   bridge 10.1.0.0/24', 'longer   bridge 10.2.0.0/24'];
    expect(planned(texts.map((text) => createNetwork('a', [change('+', 'networks', text)])))).toBe(`
networks
  + a        bridge 10.1.0.0/24
  + longer   bridge 10.2.0.0/24
2 to add, 0 to change, 0 to remove.
`);
  });

  test('with nothing to do says so, and then what waits and what is refused', () => {
    expect(planned([])).toBe('\nNo changes.\n');
    const refused: Notice = {
      kind: 'refused',
      subject: 'back',
      message: 'its subnet 10.0.0.0/24 overlaps the route of eth0',
      hint: 'choose another subnet',
      origin: at(7),
    };
    expect(planned([], [refused, noContainer])).toBe(`
No changes.
waiting
    vpn   no such container yet                                    networks.yaml:22
refused
    back   its subnet 10.0.0.0/24 overlaps the route of eth0       networks.yaml:7
      hint: choose another subnet
`);
  });

  test('shows an operation that changes nothing a person would name', () => {
    expect(planned([createNetwork('front', [])])).toBe(`
networks
  ~ create network front   the engine has no network front
0 to add, 1 to change, 0 to remove.
`);
  });

  test('lets one very long line push its own place only', () => {
    const plan = [createNetwork('front', [front, change('+', 'networks', 'x'.repeat(120), 4)])];
    expect(planned(plan)).toBe(`
networks
  + front   bridge 172.18.103.0/24 gateway 172.18.103.1            networks.yaml:3
  + ${'x'.repeat(120)}  networks.yaml:4
2 to add, 0 to change, 0 to remove.
`);
  });

  test('obeys nothing that a name contains', () => {
    const evil = 'a\u001b[2Jb\nrefused\u202e\u009b31m';
    const notice: Notice = { kind: 'warning', subject: evil, message: evil, hint: evil };
    const spelled = 'a\\x1b[2Jb\\nrefused\\u{202e}\\x9b31m';
    const plan = restoreTable(4, [change('-', 'namespace', evil, undefined, evil)]);
    expect(planned([plan], [notice])).toBe(`
${spelled}
  - ${spelled}
warnings
    ${spelled}   ${spelled}
      hint: a\\x1b[2Jb
      refused\\u{202e}\\x9b31m
0 to add, 0 to change, 1 to remove; 1 warning.
`);
  });

  test('is coloured by sign where colour is wanted', () => {
    const text = printPlan(
      planDocument({ operations: [createNetwork('front', [front])], notices: [] }, locate),
      coloured,
    );
    expect(text).toContain('\u001b[1mnetworks\u001b[22m\n\u001b[32m  +\u001b[39m front');
    expect(text).toContain('\u001b[2mnetworks.yaml:3\u001b[22m');
  });
});

describe('a plan as JSON', () => {
  test('has every line once, and operations that point at their lines', () => {
    const plan = [restoreTable(4, [allowed]), restoreTable(6, [allowed])];
    const document = planDocument({ operations: plan, notices: [noContainer] }, locate);
    const position = { file: '/etc/user/config/networks.yaml', line: 20, column: 5 };
    expect(document.changes).toEqual([
      {
        sign: '+',
        area: 'namespace',
        place: 'host',
        text: 'allow publicbackend → loadbalancer tcp/80',
        position,
      },
    ]);
    expect(document.operations).toMatchObject([
      { kind: 'restore-table', family: 4, lines: [0], because: 'the rules differ from the file' },
      { kind: 'restore-table', family: 6, lines: [0] },
    ]);
    expect(document.operations[0]?.['chains']).toEqual([
      { name: 'NETWRIGHT-FORWARD', rules: [{ match: {}, target: { kind: 'accept' }, position }] },
    ]);
    expect(document.summary).toEqual({ add: 1, change: 0, remove: 0, waiting: 1, refused: 0, warnings: 0 });
    expect(JSON.parse(JSON.stringify(document))).toEqual(document);
  });
});

describe('a printed pass', () => {
  test('says what was done and why', () => {
    const old = removeNetwork('old', [change('-', 'networks', 'old   bridge 10.9.0.0/24')]);
    expect(passed([done(old), done(createNetwork('front', [front]))])).toBe(`
networks
  ✓ - old     bridge 10.9.0.0/24
        the file no longer names it
  ✓ + front   bridge 172.18.103.0/24 gateway 172.18.103.1          networks.yaml:3
        the engine has no network front
1 added, 0 changed, 1 removed.
`);
  });

  test('says a reason that several lines share once, below the last of them', () => {
    const [one, two] = [
      change('+', 'namespace', 'allow a → b tcp/80'),
      change('+', 'namespace', 'allow b → c tcp/80'),
    ];
    const gone = {
      ...restoreTable(6, [change('-', 'namespace', 'drop c → a')]),
      because: 'no longer in the file',
    };
    expect(passed([done(restoreTable(4, [one, two])), done(gone)])).toBe(`
host
  ✓ + allow a → b tcp/80
  ✓ + allow b → c tcp/80
        the rules differ from the file
  ✓ - drop c → a
        no longer in the file
2 added, 0 changed, 1 removed.
`);
  });

  test('says what failed and what was skipped for it, with the reason and the place', () => {
    const outcomes = [
      failed(createNetwork('front', [front]), 'Pool overlaps with other one\non this address space'),
      skipped(connect('loadbalancer', 'front', [moved]), 'the network front could not be made'),
    ];
    expect(passed(outcomes, { converged: false, notices: [noContainer] })).toBe(`
networks
  ✗ + front   bridge 172.18.103.0/24 gateway 172.18.103.1          networks.yaml:3
        Pool overlaps with other one
        on this address space
containers
  – ~ loadbalancer in front   172.18.103.2 (has 172.18.103.7)      networks.yaml:12
        the network front could not be made
waiting
    vpn   no such container yet                                    networks.yaml:22
0 added, 0 changed, 0 removed; 1 failed, 1 skipped, 1 waiting.
`);
  });

  test('of an operation tried twice tells the last attempt', () => {
    const operation = connect('loadbalancer', 'front', [moved]);
    expect(passed([failed(operation, 'busy'), done(operation)])).toContain('  ✓ ~ loadbalancer');
    expect(passed([done(operation), failed(operation, 'busy')])).toContain('  ✗ ~ loadbalancer');
  });

  test('a line is done only when all of its operations are', () => {
    const outcomes = [failed(restoreTable(4, [allowed]), 'no such table'), done(restoreTable(6, [allowed]))];
    expect(passed(outcomes, { converged: false })).toBe(`
host
  ✗ + allow publicbackend → loadbalancer tcp/80                    networks.yaml:20
        no such table
0 added, 0 changed, 0 removed; 1 failed.
`);
  });

  test('that was interrupted says what was not done', () => {
    const rest = [restoreTable(4, [allowed]), connect('loadbalancer', 'front', [moved])];
    const outcomes = [done(createNetwork('front', [front]))];
    expect(passed(outcomes, { remaining: rest, converged: false, interrupted: 'SIGINT' })).toBe(`
networks
  ✓ + front   bridge 172.18.103.0/24 gateway 172.18.103.1          networks.yaml:3
        the engine has no network front
not done
  + host: allow publicbackend → loadbalancer tcp/80                networks.yaml:20
  ~ loadbalancer in front   172.18.103.2 (has 172.18.103.7)        networks.yaml:12
1 added, 0 changed, 0 removed; 2 not done.
`);
  });

  test('with nothing to do says so', () => {
    expect(passed([])).toBe('\nNo changes.\n');
  });
});
