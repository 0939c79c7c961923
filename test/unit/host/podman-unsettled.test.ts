import { expect, test } from 'vitest';
import { NetwrightError } from '../../../src/errors.ts';
import {
  isHalfDone,
  isMismatch,
  isUnsettled,
  unsettledContainer,
} from '../../../src/host/podman-unsettled.ts';

const said =
  'network inspection mismatch: asked to join 2 network(s) map[front:{[172.30.1.10 fd30:1::10] [web netwright.default.own.4-172-30-1-10] [2 0 0 0 0 16] eth0} podman:{[] [8eb8deafe8ce] [] eth1}], but have information on 3 network(s): internal libpod error';
const listed = {
  Id: 'b9c8',
  Names: ['web'],
  Labels: { role: 'web' },
  State: 'running',
  Pid: 155,
  Networks: ['front', 'podman'],
};

test('what Podman says of a container that it cannot inspect is read as far as it goes', () => {
  expect(unsettledContainer(listed, said)).toEqual({
    Id: 'b9c8',
    Name: 'web',
    State: { Running: true, Pid: 155 },
    Config: { Labels: { role: 'web' } },
    HostConfig: { NetworkMode: 'bridge' },
    NetworkSettings: {
      Networks: {
        front: {
          NetworkID: 'front',
          IPAddress: '172.30.1.10',
          GlobalIPv6Address: 'fd30:1::10',
          Aliases: ['web', 'netwright.default.own.4-172-30-1-10'],
          MacAddress: '02:00:00:00:00:10',
        },
        podman: {
          NetworkID: 'podman',
          IPAddress: '',
          GlobalIPv6Address: '',
          Aliases: ['8eb8deafe8ce'],
          MacAddress: '',
        },
      },
    },
  });
});

test('Podman 5 adds what it was told besides', () => {
  const newer = said.replaceAll(/ (eth\d)\}/g, ' $1 map[]}');
  expect(newer).not.toBe(said);
  expect(unsettledContainer(listed, newer)).toEqual(unsettledContainer(listed, said));
});

test.each([
  ['runs', { Running: true, Paused: false }, '/run/netns/one', false],
  ['is paused', { Running: true, Paused: true }, '/run/netns/one', true],
  ['is told to stop', { Status: 'stopping', Running: false }, '/run/netns/one', true],
  ['has ended, and is not cleaned up after', { Status: 'stopped', Running: false }, '/run/netns/one', true],
  ['has ended', { Status: 'exited', Running: false }, '', false],
])('of one that %s it is told whether its places can change', (_, State, SandboxKey, expected) => {
  expect(isUnsettled({ State, NetworkSettings: { SandboxKey } })).toBe(expected);
});

test('one that cannot be inspected and has ended is not settled', () => {
  expect(isUnsettled(unsettledContainer({ ...listed, State: 'stopped' }, said))).toBe(true);
  expect(isUnsettled(unsettledContainer(listed, said))).toBe(false);
});

test('an alias with brackets makes no other place, and what is no address is none', () => {
  const hostile = 'map[front:{[nonsense] [a]b {] [] eth0} back:{[] [x:{[10.0.0.1]] [] eth1}]';
  const read = unsettledContainer({ ...listed, State: 'exited' }, hostile);
  expect(read).toMatchObject({ State: { Running: false } });
  expect(JSON.stringify(read)).not.toMatch(/nonsense|10\.0\.0\.1/);
});

test('only these refusals are taken for what they are', () => {
  const refused = (message: string) => new NetwrightError('ENGINE_REFUSED', message);
  expect([isMismatch(refused(said)), isMismatch(new Error(said))]).toEqual([true, false]);
  const halfDone =
    'tearing down network namespace configuration for container 0949: netavark: code: 1, msg: iptables: No chain';
  expect([isHalfDone(refused(halfDone)), isHalfDone(refused(said))]).toEqual([true, false]);
});
