import { execFileSync } from 'node:child_process';
import { appendFile, mkdir, open, readFile, rename, rm, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe } from 'vitest';
import { json, test } from './watched-file.ts';

describe.concurrent('the file is used when it changes', () => {
  test('at the start it is told once', async ({ file, expect }) => {
    await file.watch();
    expect(await file.quiet()).toEqual([json(1)]);
  });

  test('an edit in place is told once, within 100 ms', async ({ file, expect }) => {
    await file.watch();
    const began = performance.now();
    await writeFile(file.path, json(2));
    while (file.told.length < 2) await sleep(1);
    expect(performance.now() - began).toBeLessThan(100);
    expect(await file.quiet()).toEqual([json(1), json(2)]);
  });

  test('every edit of a series is seen, the last one for certain', async ({ file, expect }) => {
    await file.watch();
    for (let n = 2; n <= 6; n++) {
      await writeFile(file.path, json(n));
      await sleep(120);
    }
    expect(await file.quiet()).toEqual([1, 2, 3, 4, 5, 6].map(json));
  });

  test('an editor that writes beside it and renames is seen, again and again', async ({ file, expect }) => {
    await file.watch();
    for (let n = 2; n <= 4; n++) {
      await writeFile(join(file.folder, '.networks.json.swp'), json(n));
      await rename(join(file.folder, '.networks.json.swp'), file.path);
      await sleep(120);
    }
    expect(await file.quiet()).toEqual([1, 2, 3, 4].map(json));
  });

  test('an editor that keeps a backup (rename away, write anew) is seen without the gap between', async ({
    file,
    expect,
  }) => {
    await file.watch();
    for (let n = 2; n <= 3; n++) {
      await rename(file.path, `${file.path}~`);
      await sleep(30);
      await writeFile(file.path, json(n));
      await sleep(150);
    }
    expect(await file.quiet()).toEqual([1, 2, 3].map(json));
  });

  test('after a rename an edit in place of the new file is seen', async ({ file, expect }) => {
    await file.watch();
    await writeFile(`${file.path}.new`, json(2));
    await rename(`${file.path}.new`, file.path);
    await file.quiet();
    await writeFile(file.path, json(3));
    expect(await file.quiet()).toEqual([1, 2, 3].map(json));
  });

  test('writing the same content, touching or copying it over is nothing', async ({ file, expect }) => {
    await file.watch();
    await writeFile(file.path, json(1));
    await sleep(60);
    execFileSync('touch', [file.path]);
    await sleep(60);
    await writeFile(`${file.path}.new`, json(1));
    await rename(`${file.path}.new`, file.path);
    expect(await file.quiet()).toEqual([json(1)]);
  });
});

describe.concurrent('a file in the middle of being written', () => {
  test('half of it is not reported, the whole is used', async ({ file, expect }) => {
    await file.watch();
    const half = await open(file.path, 'w');
    await half.write('{"n":');
    await sleep(40);
    await half.write('2}');
    await half.close();
    expect(await file.quiet()).toEqual([json(1), json(2)]);
  });

  test('half of it is not used even where the half is a good file', async ({ file, expect }) => {
    const countLines = async (from: string) => {
      const lines = (await readFile(from, 'utf8')).trim().split('\n');
      return { ok: true, text: String(lines.length) };
    };
    await file.watch({ load: countLines });
    const half = await open(file.path, 'w');
    for (let line = 0; line < 10; line++) {
      await half.write('policy\n');
      await sleep(8);
    }
    await half.close();
    expect(await file.quiet()).toEqual(['1', '10']);
  });

  test('one that stays bad is told once, and its repair too', async ({ file, expect }) => {
    await file.watch();
    await writeFile(file.path, '{"n":');
    expect(await file.quiet()).toEqual([json(1), 'bad']);
    execFileSync('touch', [file.path]);
    expect(await file.quiet()).toEqual([json(1), 'bad']);
    await writeFile(file.path, json(2));
    expect(await file.quiet()).toEqual([json(1), 'bad', json(2)]);
  });

  test('one that never comes to rest is taken as it is in the end', async ({ file, expect }) => {
    await file.watch();
    const until = performance.now() + 900;
    while (performance.now() < until) {
      await appendFile(file.path, ' ');
      await sleep(5);
    }
    expect((await file.quiet()).length).toBeGreaterThan(2);
  });
});

describe.concurrent('a file that goes away', () => {
  test('and comes back at once with other content is told once', async ({ file, expect }) => {
    await file.watch();
    await unlink(file.path);
    await sleep(20);
    await writeFile(file.path, json(2));
    expect(await file.quiet()).toEqual([json(1), json(2)]);
  });

  test('and comes back at once as it was is nothing', async ({ file, expect }) => {
    await file.watch();
    await unlink(file.path);
    await sleep(20);
    await writeFile(file.path, json(1));
    expect(await file.quiet()).toEqual([json(1)]);
  });

  test('for longer is told as missing, and its return too', async ({ file, expect }) => {
    await file.watch();
    await unlink(file.path);
    expect(await file.quiet()).toEqual([json(1), 'missing']);
    await writeFile(file.path, json(1));
    expect(await file.quiet()).toEqual([json(1), 'missing', json(1)]);
  });

  test('with its whole directory is found again when the directory is back', async ({ file, expect }) => {
    const home = join(file.folder, 'config');
    const inside = join(home, 'networks.json');
    await mkdir(home);
    await writeFile(inside, json(1));
    await file.watch({ path: inside });
    await rm(home, { recursive: true });
    expect(await file.quiet()).toEqual([json(1), 'missing']);
    await mkdir(home);
    await sleep(50);
    await writeFile(inside, json(2));
    await file.quiet();
    await writeFile(inside, json(3));
    expect(await file.quiet()).toEqual([json(1), 'missing', json(2), json(3)]);
  });

  test('may be missing from the beginning, its directories too', async ({ file, expect }) => {
    const home = join(file.folder, 'etc', 'user', 'config');
    const inside = join(home, 'networks.json');
    await file.watch({ path: inside });
    await mkdir(home, { recursive: true });
    await writeFile(inside, json(2));
    expect(await file.quiet()).toEqual(['missing', json(2)]);
  });
});
