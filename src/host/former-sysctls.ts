import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { NamespaceId } from '../model/state.ts';
import { fieldsOf, textFieldsOf } from './answer.ts';
import { codeOf } from './code.ts';

type Values = ReadonlyMap<NamespaceId, ReadonlyMap<string, string>>;

/**
 * What the sysctls that netwright changed were before, in a file under /run: it lives exactly as long as the values themselves.
 * Changes are made one after the other; a file that cannot be read counts as empty.
 */
export class FormerSysctls {
  readonly #folder: string;
  readonly #file: string;
  #last: Promise<unknown> = Promise.resolve();

  constructor(folder: string) {
    this.#folder = folder;
    this.#file = join(folder, 'sysctls.json');
  }

  /** By namespace, then by key. */
  async read(): Promise<Values> {
    let stored: unknown;
    try {
      stored = JSON.parse(await readFile(this.#file, 'utf8'));
    } catch (error) {
      if (codeOf(error) !== 'ENOENT' && !(error instanceof SyntaxError)) throw error;
    }
    return new Map(
      Object.entries(fieldsOf(stored)).map(([id, values]) => [
        id,
        new Map(Object.entries(textFieldsOf(values))),
      ]),
    );
  }

  /** Keeps the value, unless one is kept already: the first is what was there before us. */
  remember(namespace: NamespaceId, key: string, value: string): Promise<void> {
    return this.#change((values) => {
      const kept = values.get(namespace) ?? new Map<string, string>();
      if (kept.has(key)) return values;
      return new Map([...values, [namespace, new Map([...kept, [key, value]])]]);
    });
  }

  forget(namespace: NamespaceId, key: string): Promise<void> {
    return this.#change((values) => {
      const kept = new Map(values.get(namespace));
      if (!kept.delete(key)) return values;
      return new Map([...values, [namespace, kept]]);
    });
  }

  /** Drops what belongs to namespaces that no longer exist. */
  keepOnly(isThere: (namespace: NamespaceId) => boolean): Promise<void> {
    return this.#change((values) => {
      const left = [...values].filter(([id]) => isThere(id));
      return left.length === values.size ? values : new Map(left);
    });
  }

  #change(edit: (values: Values) => Values): Promise<void> {
    const done = this.#last.then(async () => {
      const values = await this.read();
      const edited = edit(values);
      if (edited !== values) await this.#write(edited);
    });
    this.#last = done.catch(() => undefined);
    return done;
  }

  async #write(values: Values): Promise<void> {
    const stored = [...values]
      .filter(([, kept]) => kept.size > 0)
      .map(([id, kept]) => [id, Object.fromEntries(kept)] as const);
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    await writeFile(`${this.#file}.new`, `${JSON.stringify(Object.fromEntries(stored), null, 2)}\n`, {
      mode: 0o600,
    });
    await rename(`${this.#file}.new`, this.#file);
  }
}
