import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import { type Argv, openCommands, type Run } from '../../../src/host/command.ts';
import { Namespaces } from '../../../src/host/netns.ts';
import { enter } from '../../../src/host/place.ts';
import {
  type Answers,
  askInEach,
  haveDone,
  type Question,
  withAnswers,
} from '../../../src/host/questions.ts';

const { signal } = new AbortController();
const links: Question = { argv: ['ip', '-batch', '-'], input: 'link show\n' };
const rules: Question = { argv: ['ip', 'rule', 'show'] };
const fails: Question = { argv: ['ip', 'link', 'show', 'dev', 'nowhere'] };

describe.runIf(process.getuid?.() === 0)('what is asked in several namespaces at once', () => {
  const children: ChildProcess[] = [];
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });

  /** Namespaces of their own, in each an interface of its name. */
  const start = async (names: readonly string[]) => {
    const namespaces = await Namespaces.open();
    const running = [];
    for (const name of names) {
      const link = `ip link add ${name} type bridge`;
      const child = spawn('unshare', ['--net', 'sh', '-c', `${link}; echo; exec sleep 60`], {
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      children.push(child);
      await once(child.stdout, 'data');
      running.push({ containerId: name, pid: child.pid ?? 0, mayBeHost: false });
    }
    const found = namespaces.identify(running);
    return { namespaces, ids: names.map((name) => found.get(name) ?? '') };
  };

  const counting = () => {
    const started: Argv[] = [];
    const run = openCommands(process.env);
    const counted: Run = (argv, options) => {
      started.push(argv);
      return run(argv, options);
    };
    return { run: counted, started };
  };

  const ask = async (names: readonly string[], questions: readonly Question[]) => {
    const { namespaces, ids } = await start(names);
    const { run, started } = counting();
    const told = await namespaces.enterAll(ids, (opened) => askInEach(run, opened, questions, signal));
    const answerOf = async (name: string, { argv, input }: Question): Promise<string> => {
      const id = ids[names.indexOf(name)] ?? '';
      const answers: Answers = told.get(id) ?? new Map();
      return await enter({ run, namespaces }, id, (place) =>
        withAnswers(place, answers).run(argv, { signal, ...(input !== undefined && { input }) }),
      );
    };
    return { answerOf, started };
  };

  test('is answered in each by one process that goes through all of them', async () => {
    const { answerOf, started } = await ask(['one', 'two', 'three'], [rules, links]);
    for (const name of ['one', 'two', 'three']) {
      expect(await answerOf(name, links)).toMatch(new RegExp(`^1: lo:[^]*2: ${name}:[^]*$`));
      expect(await answerOf(name, rules)).toContain('from all lookup local');
    }
    expect(await answerOf('one', links)).not.toContain('two');
    expect(started.map(([program]) => program)).toEqual(['find']);
  });

  test('is answered in one alone by one process as well, which is inside', async () => {
    const { answerOf, started } = await ask(['one'], [rules, links]);
    expect(await answerOf('one', links)).toMatch(/^1: lo:/);
    expect(await answerOf('one', links)).toMatch(/^2: one:/m);
    expect(await answerOf('one', rules)).toContain('from all lookup local');
    expect(started.map(([program]) => program)).toEqual(['find']);
  });

  test('and fails is asked again of who failed alone, the rest is not', async () => {
    const { answerOf, started } = await ask(['one', 'two'], [fails, links]);
    await expect(answerOf('one', fails)).rejects.toMatchObject({ code: 'COMMAND_FAILED' });
    expect(await answerOf('two', links)).toContain('two:');
    expect(started.map(([program]) => program)).toEqual(['find', 'ip']);
  });

  test('is asked of each alone where nothing can go through them', async () => {
    const { namespaces, ids } = await start(['one']);
    const told = await namespaces.enterAll(ids, (opened) =>
      askInEach(openCommands({ PATH: '/nowhere' }), opened, [{ argv: ['no-such-program'] }], signal),
    );
    expect([...(told.values().next().value ?? [])]).toEqual([]);
  });

  test('is done by one process, in its order, and whatever becomes of one is told of that one', async () => {
    const { namespaces, ids } = await start(['one']);
    const { run, started } = counting();
    const add: Question = { argv: ['ip', '-batch', '-'], input: 'link add two type bridge\n' };
    const up: Question = { argv: ['ip', 'link', 'set', 'two', 'up'] };
    const forward: Question = {
      argv: ['dd', 'if=-', 'of=/proc/sys/net/ipv4/conf/two/forwarding', 'conv=notrunc', 'status=none'],
      input: '1\n',
    };
    const missing: Question = { argv: ['no-such-program'] };
    const told = await enter({ run, namespaces }, ids[0] ?? '', async (place) => {
      const done = await haveDone(place, [add, fails, up, missing, forward], signal);
      const show = ['ip', '-4', '-o', 'netconf', 'show', 'dev', 'two'] as const;
      return { done, now: await place.run(show, { signal }) };
    });
    expect([...told.done]).toEqual([add, up, forward]);
    expect(told.now).toContain('forwarding on');
    expect(started.map(([program]) => program)).toEqual(['find', 'ip']);
  });

  test.each([
    [['ip', 'link', 'set', 'one', 'down', ';', '-exec', 'ip', 'link', 'set', 'lo', 'up']],
    [['ip', 'link', 'set', 'one', 'alias', '{}']],
  ] satisfies [Argv][])('is not put to `find` where that would take a word for its own: %s', async (argv) => {
    const { namespaces, ids } = await start(['one']);
    const { run, started } = counting();
    const up: Question = { argv: ['ip', 'link', 'set', 'one', 'up'] };
    const told = await enter({ run, namespaces }, ids[0] ?? '', async (place) => {
      const done = await haveDone(place, [up, { argv }], signal);
      return { done, now: await place.run(['ip', '-d', 'link'], { signal }) };
    });
    expect([...told.done]).toEqual([up]);
    expect(told.now).toMatch(/one: <[^>]*\bUP\b/);
    expect(told.now).not.toMatch(/lo: <[^>]*\bUP\b|alias/);
    expect(started.map(([program]) => program)).toEqual(['find', 'ip']);
  });
});
