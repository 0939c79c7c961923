import { join } from 'node:path';
import { hostNamespace, type NamespaceId } from '../model/namespace.ts';
import { countOf, fieldsOf, textFieldsOf } from './answer.ts';
import { BootFile } from './boot-file.ts';

/** What is kept of one namespace. */
interface Kept {
  /** For a container's namespace: when the youngest process by which it was reached began, in clock ticks since boot. */
  readonly since?: number | undefined;
  readonly values: ReadonlyMap<string, FormerSysctl>;
}

/** What one sysctl was. */
export interface FormerSysctl {
  readonly value: string;
  /** Of the interface that it came with: one that is made again has a new one, and with it new sysctls. */
  readonly interfaceIndex?: number | undefined;
}

type Everything = ReadonlyMap<NamespaceId, Kept>;

/** When the eldest and the youngest process known in a namespace began; undefined when there is none, or it is the host's. */
export type Lives = (id: NamespaceId) => { readonly eldest: number; readonly youngest: number } | undefined;

/**
 * What the sysctls that netwright changed were before, in a file that counts exactly as long as the values themselves live.
 * The kernel gives the number of a namespace that is gone to the next one (measured: a restarted container often has the same),
 * so what was kept counts only while a process is in it that is no younger. Changes are made one after the other.
 */
export class FormerSysctls {
  readonly #file: BootFile;
  readonly #lives: Lives;
  #last: Promise<unknown> = Promise.resolve();

  constructor(folder: string, lives: Lives) {
    this.#file = new BootFile(join(folder, 'sysctls.json'));
    this.#lives = lives;
  }

  /** By namespace, then by key; of namespaces that are gone nothing. */
  async read(): Promise<ReadonlyMap<NamespaceId, ReadonlyMap<string, FormerSysctl>>> {
    return new Map([...(await this.#load())].map(([id, { values }]) => [id, values]));
  }

  /** Keeps the value, unless one is kept already of the same interface: the first is what was there before us. */
  remember(id: NamespaceId, key: string, value: string, interfaceIndex?: number): Promise<void> {
    return this.#change(id, (values) => {
      const known = values.get(key);
      const isOfThis = known !== undefined && known.interfaceIndex === interfaceIndex;
      return isOfThis ? values : new Map([...values, [key, { value, interfaceIndex }]]);
    });
  }

  forget(id: NamespaceId, key: string): Promise<void> {
    return this.#change(id, (values) => new Map([...values].filter(([kept]) => kept !== key)));
  }

  #change(id: NamespaceId, edit: (values: Kept['values']) => Kept['values']): Promise<void> {
    const done = this.#last.then(async () => {
      const all = new Map(await this.#load());
      const kept = all.get(id) ?? {
        since: this.#lives(id)?.youngest,
        values: new Map<string, FormerSysctl>(),
      };
      await this.#store(all.set(id, { ...kept, values: edit(kept.values) }));
    });
    this.#last = done.catch(() => undefined);
    return done;
  }

  async #load(): Promise<Everything> {
    const { namespaces } = await this.#file.read();
    const stored = Object.entries(fieldsOf(namespaces)).map(([id, entry]) => {
      const { since, values, interfaces } = fieldsOf(entry);
      const indexes = fieldsOf(interfaces);
      const read = Object.entries(textFieldsOf(values)).map(
        ([key, value]) => [key, { value, interfaceIndex: countOf(indexes[key]) }] as const,
      );
      return [id, { since: countOf(since), values: new Map(read) }] as const;
    });
    return new Map(stored.filter(([id, { since }]) => this.#isAlive(id, since)));
  }

  #isAlive(id: NamespaceId, since: number | undefined): boolean {
    if (id === hostNamespace) return true;
    const lives = this.#lives(id);
    return lives !== undefined && since !== undefined && lives.eldest <= since;
  }

  async #store(all: Everything): Promise<void> {
    const namespaces = [...all]
      .filter(([, { values }]) => values.size > 0)
      .map(([id, { since, values }]) => [id, { since, ...stored(values) }] as const);
    await this.#file.write({ namespaces: Object.fromEntries(namespaces) });
  }
}

/** Values and the indexes of interfaces apart: a value is text, as it was before there were indexes. */
function stored(values: Kept['values']): object {
  const entries = [...values];
  return {
    values: Object.fromEntries(entries.map(([key, { value }]) => [key, value])),
    interfaces: Object.fromEntries(entries.map(([key, { interfaceIndex }]) => [key, interfaceIndex])),
  };
}
