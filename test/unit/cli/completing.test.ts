import { expect, test, vi } from 'vitest';
import { Completing } from '../../../src/cli/completing.ts';
import type { Desired } from '../../../src/model/desired.ts';
import type { Operation } from '../../../src/model/plan.ts';
import type { Completed, ContainersPass } from '../../../src/reconcile-containers.ts';

const nothing: Desired = { networks: [], endpoints: [], namespaces: new Map(), warmUps: [], notices: [] };
const look = {
  desired: nothing,
  observed: {
    inventory: { networks: [], containers: [], keptMembers: [] },
    backend: 'nft' as const,
    namespaces: new Map(),
  },
  plan: { operations: [], notices: [] },
};

const passOf = (...ids: string[]): ContainersPass => ({
  outcomes: [],
  last: look,
  rounds: 1,
  converged: true,
  inside: new Set(ids),
});

const setting = (namespace: string, key: string): Operation => ({
  kind: 'set-sysctl',
  because: '',
  changes: [],
  namespace,
  key,
  value: '1',
  former: 'keep',
});

/** Notes what is begun, and lets each be ended by its name. */
function lane() {
  const begun: string[] = [];
  const ends = new Map<string, (error?: Error) => void>();
  const completing = new Completing((ids, part) => {
    const name = `${part} of ${[...ids].join(' and ')}`;
    begun.push(name);
    const outcomes = [...ids].map((id) => ({ operation: setting(id, part), result: 'done' as const }));
    return new Promise<Completed>((resolve, reject) => {
      ends.set(name, (error) => (error ? reject(error) : resolve({ outcomes, look, isAll: true })));
    });
  });
  const end = async (name: string, error?: Error): Promise<void> => {
    await vi.waitUntil(() => begun.includes(name));
    ends.get(name)?.(error);
  };
  return { completing, begun, end };
}

test('rules of containers do not wait for each other, and the rest of all that wait is one round', async () => {
  const { completing, begun, end } = lane();
  const told = ['a', 'b', 'c'].map((id) => completing.add(passOf(id)));
  await end('rules of a');
  await vi.waitUntil(() => begun.includes('rest of a'));
  expect(begun).toEqual(['rules of a', 'rules of b', 'rules of c', 'rest of a']);
  await end('rules of b');
  await end('rules of c');
  await end('rest of a');
  await end('rest of b and c');
  const passes = await Promise.all(told);
  expect(passes.every(({ isAll }) => isAll)).toBe(true);
  expect(passes.map(({ pass }) => pass.outcomes.map(({ operation }) => operation))).toEqual(
    ['a', 'b', 'c'].map((id) => [setting(id, 'rules'), setting(id, 'rest')]),
  );
});

test('nobody writes rules in one container twice at a time', async () => {
  const { completing, begun, end } = lane();
  void completing.add(passOf('a'));
  const second = completing.add(passOf('a', 'b'));
  await vi.waitUntil(() => begun.length > 0);
  expect(begun).toEqual(['rules of a']);
  await end('rules of a');
  await end('rules of a and b');
  await end('rest of a');
  await end('rest of a and b');
  expect((await second).isAll).toBe(true);
});

test('what is told of later passes waits for those before', async () => {
  const { completing, end } = lane();
  const order: string[] = [];
  void completing.add(passOf('a')).then(() => order.push('first'));
  const second = completing.add(passOf()).then(() => order.push('second'));
  expect(completing.isBusy).toBe(true);
  await end('rules of a');
  await end('rest of a');
  await second;
  expect(order).toEqual(['first', 'second']);
  await completing.idle;
  expect(completing.isBusy).toBe(false);
});

test('one that fails is told of, and keeps nobody else', async () => {
  const { completing, end } = lane();
  const first = completing.add(passOf('a'));
  const second = completing.add(passOf('b'));
  await end('rules of a', new Error('no way in'));
  await expect(first).rejects.toThrow('no way in');
  await end('rules of b');
  await end('rest of b');
  expect((await second).isAll).toBe(true);
  await completing.idle;
});
