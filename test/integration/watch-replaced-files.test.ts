import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { mkdir, readFile, rename, rm, stat, symlink, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe } from 'vitest';
import { json, type Loaded, test } from './watched-file.ts';

async function read(path: string): Promise<Loaded> {
  const text = await readFile(path, 'utf8');
  return { ok: true, text, digest: createHash('md5').update(text).digest('hex') };
}

async function replace(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text);
  await rename(`${path}.new`, path);
}

describe.concurrent('what is replaced as a whole', () => {
  test('a ConfigMap that swaps its `..data` symlink is told once a swap', async ({ file, expect }) => {
    const mount = join(file.folder, 'mount');
    await mkdir(mount);
    const publish = async (n: number) => {
      await mkdir(join(mount, `..2026_${n}`));
      await writeFile(join(mount, `..2026_${n}`, 'networks.json'), json(n));
      await symlink(`..2026_${n}`, join(mount, '..data_tmp'));
      await rename(join(mount, '..data_tmp'), join(mount, '..data'));
      await rm(join(mount, `..2026_${n - 1}`), { recursive: true, force: true });
    };
    await publish(1);
    await symlink('..data/networks.json', join(mount, 'networks.json'));
    await file.watch({ path: join(mount, 'networks.json') });
    for (const n of [2, 3, 4]) {
      await publish(n);
      await file.untilTold(json(n));
    }
    expect(await file.quiet()).toEqual([1, 2, 3, 4].map(json));
  });

  test('a file in the place of another is read before it is still, for it is mostly whole', async ({
    file,
    expect,
  }) => {
    const ages: number[] = [];
    const load = async (from: string) => {
      const { mtimeMs } = await stat(from);
      ages.push(Date.now() - mtimeMs);
      return await read(from);
    };
    await file.watch({ load });
    let alone: readonly number[] = [];
    // However slow the machine is: once at least, and that is the only time it is read.
    for (let n = 2; n <= 50 && !(alone.length === 1 && Math.min(...alone) < 20); n++) {
      ages.length = 0;
      await replace(file.path, json(n));
      await file.untilTold(json(n));
      alone = [...ages];
    }
    expect(alone).toHaveLength(1);
    expect(Math.min(...alone)).toBeLessThan(20);
  });

  test('what is written into it while it is read so early is what counts', async ({ file, expect }) => {
    const load = async (from: string) => {
      const before = await read(from);
      const { text } = before;
      // Of the same length, and as soon as can be: maybe within the same tick of the file system's clock.
      if (/[2468]/.test(text))
        writeFileSync(
          from,
          text.replace(/[2468]/, (n) => `${Number(n) + 1}`),
        );
      return before;
    };
    await file.watch({ load });
    for (const n of [2, 4, 6, 8]) {
      await replace(file.path, json(n));
      await file.untilTold(json(n + 1));
    }
    expect(await file.quiet()).toEqual([1, 3, 5, 7, 9].map(json));
  });

  test('a symlink into another directory is followed: an edit, a rename there, another target', async ({
    file,
    expect,
  }) => {
    const [one, other] = [join(file.folder, 'one'), join(file.folder, 'other')];
    await mkdir(one);
    await mkdir(other);
    await writeFile(join(one, 'real.json'), json(1));
    await writeFile(join(other, 'real.json'), json(4));
    const link = join(file.folder, 'link.json');
    await symlink(join(one, 'real.json'), link);
    await file.watch({ path: link });
    await writeFile(join(one, 'real.json'), json(2));
    await file.quietAfter(json(2));
    await writeFile(join(one, 'new.json'), json(3));
    await rename(join(one, 'new.json'), join(one, 'real.json'));
    await file.quietAfter(json(3));
    await symlink(join(other, 'real.json'), `${link}.new`);
    await rename(`${link}.new`, link);
    await file.quietAfter(json(4));
    await writeFile(join(other, 'real.json'), json(5));
    expect(await file.quietAfter(json(5))).toEqual([1, 2, 3, 4, 5].map(json));
  });

  test('a git checkout of another branch is told once a checkout, also where it recreates the directory', async ({
    file,
    expect,
  }) => {
    const git = (...argv: string[]) =>
      execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.org', ...argv], {
        cwd: file.folder,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
    const inside = join(file.folder, 'config', 'networks.json');
    git('init', '-q', '-b', 'one');
    await writeFile(join(file.folder, 'readme'), '');
    git('add', 'readme');
    git('commit', '-qm', 'empty');
    git('branch', 'empty');
    for (const [n, branch] of [
      [1, 'one'],
      [2, 'two'],
    ] as const) {
      if (branch !== 'one') git('checkout', '-q', '-b', branch);
      await mkdir(join(file.folder, 'config'), { recursive: true });
      await writeFile(inside, json(n));
      git('add', 'config');
      git('commit', '-qm', branch);
    }
    git('checkout', '-q', 'one');
    await file.watch({ path: inside });
    const contents = { two: json(2), one: json(1), empty: 'missing' };
    for (const branch of ['two', 'one', 'empty', 'two'] as const) {
      git('checkout', '-q', branch);
      await file.quietAfter(contents[branch]);
    }
    expect(file.told).toEqual([json(1), json(2), json(1), 'missing', json(2)]);
  });

  test('a single-file bind mount: an edit is seen, a replacement outside is named', async ({
    file,
    expect,
  }) => {
    const script = join(import.meta.dirname, 'single-file-mount.mjs');
    const { stdout } = await promisify(execFile)('unshare', ['--mount', 'node', script, file.folder]);
    expect(JSON.parse(stdout)).toEqual([json(1), json(2), 'replaced outside', json(4)]);
  });
});

describe.concurrent('a directory of files', () => {
  const loadAll = async (from: string) => {
    const names = ['a.json', 'b.yaml', 'networks.json'];
    const texts = await Promise.all(names.map((name) => readFile(join(from, name), 'utf8').catch(() => '-')));
    return { ok: true, text: texts.join(' ') };
  };

  test('is told when a file is added, changed, renamed or removed, and not for other files', async ({
    file,
    expect,
  }) => {
    await file.watch({ path: file.folder, load: loadAll });
    await writeFile(join(file.folder, 'a.json'), 'A');
    await file.quietAfter('A - {"n":1}');
    await writeFile(join(file.folder, 'a.json'), 'B');
    await file.quietAfter('B - {"n":1}');
    await rename(join(file.folder, 'a.json'), join(file.folder, 'b.yaml'));
    await file.quietAfter('- B {"n":1}');
    await writeFile(join(file.folder, 'notes.txt'), 'nothing');
    await file.quiet();
    await unlink(join(file.folder, 'b.yaml'));
    expect(await file.quietAfter('- - {"n":1}')).toEqual([
      '- - {"n":1}',
      'A - {"n":1}',
      'B - {"n":1}',
      '- B {"n":1}',
      '- - {"n":1}',
    ]);
  });
});

describe.concurrent('a file system without events', () => {
  test('is noticed by the poll, in place and replaced, and only when the content differs', async ({
    file,
    expect,
  }) => {
    await file.watch({ events: false, pollEvery: 60 });
    await writeFile(file.path, json(2));
    await file.quietAfter(json(2));
    await writeFile(`${file.path}.new`, json(3));
    await rename(`${file.path}.new`, file.path);
    await file.quietAfter(json(3));
    execFileSync('touch', [file.path]);
    expect(await file.quiet()).toEqual([1, 2, 3].map(json));
  });

  test('a reload that is asked for reads at once', async ({ file, expect }) => {
    await file.watch({ events: false });
    await writeFile(file.path, json(2));
    await file.reread();
    expect(file.told).toEqual([1, 2].map(json));
  });

  test('a stopped watch tells nothing any more and lets go of everything', async ({ file, expect }) => {
    await file.watch();
    await file.stop();
    await writeFile(file.path, json(2));
    expect(await file.quiet()).toEqual([json(1)]);
  });
});
