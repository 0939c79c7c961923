import { expect, test } from 'vitest';
import { parseSave } from '../../../src/iptables/parse.ts';
import { ownership } from '../../../src/model/ownership.ts';

test('the rules of a container’s DNS are not counted before our hook, any other rule is', () => {
  const save = (rule: string): string =>
    ['*nat', ':POSTROUTING ACCEPT [0:0]', ':DOCKER_POSTROUTING - [0:0]', ':NETWRIGHT-POSTROUTING - [0:0]']
      .concat(`-A POSTROUTING ${rule}`, '-A POSTROUTING -j NETWRIGHT-POSTROUTING', 'COMMIT')
      .join('\n');
  const positionAfter = (rule: string): number | undefined =>
    parseSave(save(rule), 4, ownership())[0]?.jumps.at(-1)?.position;
  expect(positionAfter('-d 127.0.0.11/32 -j DOCKER_POSTROUTING')).toBe(1);
  expect(positionAfter('-d 127.0.0.11/32 -j ACCEPT')).toBe(2);
  expect(positionAfter('-s 10.0.0.0/8 -j RETURN')).toBe(2);
});

test('in OUTPUT they are: there our hook is about their packets', () => {
  const save = ['*nat', ':OUTPUT ACCEPT [0:0]', ':DOCKER_OUTPUT - [0:0]', ':NETWRIGHT-OUTPUT - [0:0]']
    .concat('-A OUTPUT -d 127.0.0.11/32 -j DOCKER_OUTPUT', '-A OUTPUT -j NETWRIGHT-OUTPUT', 'COMMIT')
    .join('\n');
  expect(parseSave(save, 4, ownership())[0]?.jumps.at(-1)?.position).toBe(2);
});
