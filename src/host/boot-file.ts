import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fieldsOf } from './answer.ts';
import { codeOf } from './code.ts';

/**
 * A small file of ours under /run that counts as long as the kernel's own state lives: in a container /run may survive a reboot, so
 * what was written in another boot of the kernel counts as nothing, and so does what cannot be understood.
 */
export class BootFile {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  async read(): Promise<Readonly<Record<string, unknown>>> {
    const content = fieldsOf(await readJson(this.#path));
    return content['bootId'] === undefined || content['bootId'] !== (await readBootId()) ? {} : content;
  }

  /** Replaced in one step: nobody reads half of it. */
  async write(content: Readonly<Record<string, unknown>>): Promise<void> {
    const text = `${JSON.stringify({ bootId: await readBootId(), ...content }, null, 2)}\n`;
    await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 });
    await writeFile(`${this.#path}.new`, text, { mode: 0o600 });
    await rename(`${this.#path}.new`, this.#path);
  }

  async remove(): Promise<void> {
    await rm(this.#path, { force: true });
  }
}

/** The kernel's own name for this boot, a new one each time (proc(5)). */
async function readBootId(): Promise<string> {
  return (await readFile('/proc/sys/kernel/random/boot_id', 'latin1')).trim();
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
