import { isNetwrightError } from '../errors.ts';
import { connectEngine } from '../host/connect.ts';
import type { Engine } from '../host/engine.ts';
import type { Check } from './doctor-check.ts';

/** The engine, and what there is to say of it; undefined when none can be worked with. */
export async function examineEngine(
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<{ readonly engine?: Engine; readonly checks: readonly Check[] }> {
  const area = 'engine';
  try {
    const engine = await connectEngine(env, signal);
    const { kind, version, apiVersion, address } = engine;
    return {
      engine,
      checks: [
        { area, name: kind, state: 'ok', found: `${version}, API ${apiVersion}, at ${address}` },
        { area, name: 'rootless', state: 'ok', found: 'no' },
      ],
    };
  } catch (error) {
    if (!isNetwrightError(error)) throw error;
    const { message, hint } = error;
    const cost = 'plan, apply, destroy and status do not work; watch waits for it';
    return {
      checks: [
        {
          area,
          name: 'connection',
          state: 'missing',
          found: message,
          cost,
          ...(hint !== undefined && { hint }),
        },
      ],
    };
  }
}
