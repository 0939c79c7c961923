import { type Act, acts } from './escape-acts.ts';
import { attempts } from './escape-attempts.ts';
import type { EscapeScene, Hostile } from './escape-scene.ts';

/** What came of an attempt. */
export interface Outcome {
  /** What the kernel has against it, else `ok`. */
  readonly said: string;
  /** Readable; empty when nobody saw anything. */
  readonly seen: readonly string[];
}

/** By the attempt's name; under `unknown` what could be none of them. */
export type Outcomes = ReadonlyMap<string, Outcome>;

const withToken = <T extends object>(kind: string, all: readonly T[]) =>
  all.map((one, at) => ({ ...one, token: `escape-${kind}${String(at).padStart(2, '0')}` }));
const framed = withToken('f', attempts);
const acted = withToken('a', acts);

/** Everything that is attempted, once. */
export async function oneByOne(scene: EscapeScene, hostile: Hostile): Promise<Outcomes> {
  await sightings(scene, hostile);
  const outcomes = new Map<string, Outcome>();
  for (const { name, frames, token } of framed) {
    const said = await hostile.sender.send(frames(hostile.target, token));
    outcomes.set(name, { said, seen: await sightings(scene, hostile) });
  }
  for (const act of acted) outcomes.set(act.name, await performed(scene, hostile, act));
  return outcomes;
}

/** What is under way while something else is done; its failure is told to who awaits `over`. */
export function underWay(work: Promise<unknown>): {
  readonly isDone: () => boolean;
  readonly over: Promise<unknown>;
} {
  let isDone = false;
  const over = work.finally(() => {
    isDone = true;
  });
  // Until it is awaited its failure is not nobody's.
  over.catch(() => undefined);
  return { isDone: () => isDone, over };
}

/** Everything at once, again and again, until what is done meanwhile is done; each act at least once. */
export async function meanwhile(
  scene: EscapeScene,
  hostile: Hostile,
  done: Promise<unknown>,
): Promise<Outcomes> {
  const { isDone, over } = underWay(done);
  const outcomes = new Map<string, Outcome>();
  const note = (name: string, said: string, seen: readonly string[]) => {
    const before = outcomes.get(name);
    outcomes.set(name, {
      said: before?.said === 'ok' ? said : (before?.said ?? said),
      seen: [...(before?.seen ?? []), ...seen],
    });
  };
  const frames = framed.flatMap((attempt) => attempt.frames(hostile.target, attempt.token));
  for (let round = 0; !isDone() || round < acted.length; round += 1) {
    const said = await hostile.sender.send(frames);
    const seen = await sightings(scene, hostile);
    const named = framed.map(
      ({ name, token }) => [name, seen.filter((one) => one.includes(hex(token)))] as const,
    );
    for (const [name, own] of named) note(name, said, own);
    note(
      'unknown',
      'ok',
      seen.filter((one) => !named.some(([, own]) => own.includes(one))),
    );
    const act = acted[round % acted.length];
    if (act === undefined) continue;
    const outcome = await performed(scene, hostile, act);
    note(act.name, outcome.said, outcome.seen);
  }
  await over;
  return outcomes;
}

async function performed(
  scene: EscapeScene,
  hostile: Hostile,
  act: Act & { readonly token: string },
): Promise<Outcome> {
  const { sender, target, place } = hostile;
  const said = await sender.run(act.command(target));
  try {
    await sender.udp(act.to, 7, act.token);
    return { said, seen: await sightings(scene, hostile) };
  } finally {
    await scene.host.sh(act.undo(target), { in: place });
  }
}

async function sightings({ observers }: EscapeScene, { target }: Hostile): Promise<readonly string[]> {
  const seen = await observers.look(target.bridge.device);
  return seen.map(({ where, frame }) => `${where} ${frame.toString('hex')}`);
}

const hex = (text: string) => Buffer.from(text).toString('hex');
