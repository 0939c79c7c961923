import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { acts } from './escape-acts.ts';
import { attempts } from './escape-attempts.ts';
import { meanwhile, type Outcome, type Outcomes, oneByOne } from './escape-rounds.ts';
import { type EscapeScene, hostiles, startEscapeScene } from './escape-scene.ts';
import { internet } from './escape-target.ts';

let scene: EscapeScene;

beforeAll(async () => {
  scene = await startEscapeScene();
});
afterAll(async () => await scene.host.stop());

const ofFrames = attempts.map(({ name }) => name);
const ofActs = acts.map(({ name }) => name);
const nothing: Outcome = { said: 'ok', seen: [] };

test('what SENTRY lets through arrives, and is not taken for an escape', async () => {
  const { device } = scene.bottle.target.bridge;
  await scene.observers.look(device);
  const asked = await scene.host.connect(scene.bottle.place, { address: internet.ip, port: 80 });
  expect(asked).toMatchObject({ kind: 'answered' });
  expect(await scene.observers.look(device)).toEqual([]);
});

describe('in an ordinary network this is seen:', () => {
  let outcomes: Outcomes;
  beforeAll(async () => {
    outcomes = await oneByOne(scene, scene.free);
  });

  test.each([...ofFrames, ...ofActs])('%s', (name) => {
    expect(outcomes.get(name)).not.toEqual(nothing);
    expect(outcomes.get(name)).toMatchObject({ said: 'ok' });
  });
});

const states = {
  'while SENTRY works': async (who: 'bottle' | 'armed') => await oneByOne(scene, scene[who]),
  'while SENTRY restarts': async (who: 'bottle' | 'armed') =>
    await meanwhile(scene, scene[who], scene.sentry.restart()),
  'while SENTRY is stopped': async (who: 'bottle' | 'armed') => {
    await scene.sentry.stop();
    const outcomes = await oneByOne(scene, scene[who]);
    await scene.sentry.start();
    return outcomes;
  },
};

describe.each(hostiles)('%s', (_, who) => {
  describe.each(Object.entries(states))('%s nobody sees:', (_state, attempted) => {
    let outcomes: Outcomes;
    beforeAll(async () => {
      outcomes = await attempted(who);
    });

    test.each(ofFrames)('%s', (name) => expect(outcomes.get(name)).toEqual(nothing));

    test.each(ofActs)('%s', (name) => {
      const said = who === 'armed' ? 'ok' : (expect.stringMatching(/^no .*not permitted/) as string);
      expect(outcomes.get(name)).toEqual({ said, seen: [] });
    });

    test('anything else', () => expect(outcomes.get('unknown') ?? nothing).toEqual(nothing));
  });
});
