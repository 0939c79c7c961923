import { describe, expect, test } from 'vitest';
import { asleep, type Event, type State, step } from '../../../src/wake/machine.ts';

const wanted: Event = { kind: 'wanted' };
const ready: Event = { kind: 'ready' };
const idle: Event = { kind: 'idle' };
const stopped: Event = { kind: 'stopped' };
const up: Event = { kind: 'up' };
const down: Event = { kind: 'down' };
const failed: Event = { kind: 'failed', why: 'it broke' };

/** The phases it goes through, each with what is done on the way to it. */
function story(...events: readonly Event[]): readonly string[] {
  let state: State = asleep;
  return events.map((event) => {
    const { state: next, effects } = step(state, event);
    state = next;
    return [next.phase, ...effects].join(' ');
  });
}

describe('containers on demand', () => {
  test('are started once however many come, who are all carried', () => {
    expect(story(wanted, wanted, wanted, ready, wanted)).toEqual([
      'starting start',
      'starting',
      'starting',
      'awake carry',
      'awake carry',
    ]);
  });

  test('are stopped when idle, and started again by the next', () => {
    expect(story(wanted, ready, idle, stopped, wanted)).toEqual([
      'starting start',
      'awake carry',
      'stopping stop',
      'asleep',
      'starting start',
    ]);
  });

  test('stay awake when somebody comes before they are stopped', () => {
    expect(story(wanted, ready, idle, wanted, { kind: 'busy' }).slice(2)).toEqual([
      'stopping stop',
      'stopping',
      'awake carry',
    ]);
  });

  test('are started again at once when somebody comes while they are stopped', () => {
    expect(story(wanted, ready, idle, wanted, stopped, ready).slice(3)).toEqual([
      'stopping',
      'starting start',
      'awake carry',
    ]);
  });

  test('that do not start send everybody away, are stopped, and are tried again by the next', () => {
    expect(story(wanted, failed, stopped, wanted)).toEqual([
      'starting start',
      'stopping refuse stop',
      'asleep',
      'starting start',
    ]);
  });

  test('say why they did not start until they do', () => {
    let state = step(step(step(asleep, wanted).state, failed).state, stopped).state;
    expect(state.why).toBe('it broke');
    state = step(state, wanted).state;
    expect(state.why).toBe('it broke');
    expect(step(state, ready).state.why).toBeUndefined();
  });

  test('that were started by hand are taken over, and left as they are where that fails', () => {
    expect(story(up, ready)).toEqual(['starting start', 'awake carry']);
    expect(story(up, failed)).toEqual(['starting start', 'asleep refuse']);
    expect(story(up, wanted, failed)).toEqual(['starting start', 'starting', 'stopping refuse stop']);
  });

  test('that were stopped by hand sleep', () => {
    expect(story(wanted, ready, down, wanted)).toEqual([
      'starting start',
      'awake carry',
      'asleep',
      'starting start',
    ]);
  });

  test('that could not be stopped are looked at again', () => {
    expect(story(wanted, ready, idle, failed, up, ready).slice(3)).toEqual([
      'asleep',
      'starting start',
      'awake carry',
    ]);
  });

  test('do not mind what was seen while they are being started or stopped', () => {
    expect(story(wanted, down, up, ready, up, idle, up, down, idle)).toEqual([
      'starting start',
      'starting',
      'starting',
      'awake carry',
      'awake',
      'stopping stop',
      'stopping',
      'stopping',
      'stopping',
    ]);
  });
});
