import { NetwrightError } from '../errors.ts';
import { nearest } from '../model/names.ts';

/** What somebody wants of the containers of an entry. */
export interface Request {
  readonly verb: 'wake' | 'sleep';
  /** The entry's key in the file. */
  readonly name: string;
  /** Whoever is connected. */
  readonly force: boolean;
}

/** What is called so among these; USAGE, with the nearest name, where nothing is. */
export function asked<T>(all: ReadonlyMap<string, T>, name: string): T {
  const found = all.get(name);
  if (found !== undefined) return found;
  const near = nearest(name, all.keys());
  const names = [...all.keys()];
  const known = names.length === 0 ? 'there is none in the file' : `there are ${names.join(', ')}`;
  throw new NetwrightError('USAGE', `on_demand has no entry called ${name}`, {
    hint: near === undefined ? known : `did you mean ${near}?`,
  });
}

/** A request as it came from somebody else, where it is one. */
export function readRequest(value: unknown): Request | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { verb, name, force } = value as Readonly<Record<string, unknown>>;
  if ((verb !== 'wake' && verb !== 'sleep') || typeof name !== 'string') return undefined;
  return { verb, name, force: force === true };
}
