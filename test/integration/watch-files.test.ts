import { execFileSync } from 'node:child_process';
import { appendFileSync, writeFileSync } from 'node:fs';
import { appendFile, mkdir, readFile, rename, rm, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import { describe } from 'vitest';
import { json, test } from './watched-file.ts';

describe.concurrent('the file is used when it changes', () => {
  test('at the start it is told once', async ({ file, expect }) => {
    await file.watch();
    expect(await file.quiet()).toEqual([json(1)]);
  });

  test('an edit in place is told once', async ({ file, expect }) => {
    await file.watch();
    await writeFile(file.path, json(2));
    expect(await file.quietAfter(json(2))).toEqual([json(1), json(2)]);
  });

  test('each edit is told, when the one before it was, and within 100 ms on an idle machine', async ({
    file,
    expect,
  }) => {
    await file.watch();
    const took: number[] = [];
    for (let n = 2; n <= 11; n++) {
      const began = performance.now();
      await writeFile(file.path, json(n));
      await file.untilTold(json(n));
      took.push(performance.now() - began);
    }
    expect(await file.quiet()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11].map(json));
    // The machine is not idle all the time, but the slowest of ten says nothing about the watch.
    expect(Math.min(...took)).toBeLessThan(100);
  });

  test('of edits in quick succession some are told, in their order, and the last one for certain', async ({
    file,
    expect,
  }) => {
    await file.watch();
    for (let n = 2; n <= 40; n++) {
      writeFileSync(file.path, json(n));
      await sleep(n);
    }
    const told = (await file.quietAfter(json(40))).map((text) => (JSON.parse(text) as { n: number }).n);
    expect(told).toEqual(told.toSorted((one, other) => one - other));
  });

  test('an editor that writes beside it and renames is seen, again and again', async ({ file, expect }) => {
    await file.watch();
    for (let n = 2; n <= 4; n++) {
      await writeFile(join(file.folder, '.networks.json.swp'), json(n));
      await rename(join(file.folder, '.networks.json.swp'), file.path);
      await file.untilTold(json(n));
    }
    expect(await file.quiet()).toEqual([1, 2, 3, 4].map(json));
  });

  test('an editor that keeps a backup (rename away, write anew) is seen without the gap between', async ({
    file,
    expect,
  }) => {
    let n = 1;
    await file.watch({ whenBad: async () => await writeFile(file.path, json(n)) });
    for (n = 2; n <= 3; n++) {
      await rename(file.path, `${file.path}~`);
      await file.untilTold(json(n));
    }
    expect(await file.quiet()).toEqual([1, 2, 3].map(json));
  });

  test('after a rename an edit in place of the new file is seen', async ({ file, expect }) => {
    await file.watch();
    await writeFile(`${file.path}.new`, json(2));
    await rename(`${file.path}.new`, file.path);
    await file.quietAfter(json(2));
    await writeFile(file.path, json(3));
    expect(await file.quietAfter(json(3))).toEqual([1, 2, 3].map(json));
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
    await file.watch({ whenBad: async () => await appendFile(file.path, '2}') });
    writeFileSync(file.path, '{"n":');
    expect(await file.quietAfter(json(2))).toEqual([json(1), json(2)]);
  });

  test('half of it is not used even where the half is a good file', async ({ file, expect }) => {
    const countLines = async (from: string) => {
      const lines = (await readFile(from, 'utf8')).trim().split('\n');
      return { ok: true, text: String(lines.length) };
    };
    await file.watch({ load: countLines });
    // However long this process was kept waiting: before the watch takes its next step, the line that is due is written.
    const [began, pause] = [performance.now(), 8];
    let lines = 0;
    writeFileSync(file.path, '');
    for (let now = began; now < began + 15 * pause; now = performance.now()) {
      if (now >= began + lines * pause) {
        appendFileSync(file.path, 'policy\n');
        lines++;
      }
      await turn();
    }
    expect(await file.quietAfter(String(lines))).toEqual(['1', String(lines)]);
  });

  test('one that stays bad is told once, and its repair too', async ({ file, expect }) => {
    await file.watch();
    await writeFile(file.path, '{"n":');
    expect(await file.quietAfter('bad')).toEqual([json(1), 'bad']);
    execFileSync('touch', [file.path]);
    expect(await file.quiet()).toEqual([json(1), 'bad']);
    await writeFile(file.path, json(2));
    expect(await file.quietAfter(json(2))).toEqual([json(1), 'bad', json(2)]);
  });

  test('one that never comes to rest is taken as it is in the end', async ({ file, expect }) => {
    await file.watch();
    const began = performance.now();
    while (file.told.length < 3 && performance.now() - began < 10_000) {
      await appendFile(file.path, ' ');
      await sleep(5);
    }
    expect(file.told.length).toBeGreaterThan(2);
  });
});

describe.concurrent('a file that goes away', () => {
  test('and comes back at once with other content is told once', async ({ file, expect }) => {
    await file.watch({ whenBad: async () => await writeFile(file.path, json(2)) });
    await unlink(file.path);
    expect(await file.quietAfter(json(2))).toEqual([json(1), json(2)]);
  });

  test('and comes back at once as it was is nothing', async ({ file, expect }) => {
    let comesBack = 0;
    const whenBad = async () => {
      comesBack++;
      await writeFile(file.path, json(1));
    };
    await file.watch({ whenBad });
    await unlink(file.path);
    while (comesBack === 0) await sleep(1);
    expect(await file.quiet()).toEqual([json(1)]);
  });

  test('for longer is told as missing, and its return too', async ({ file, expect }) => {
    await file.watch();
    await unlink(file.path);
    expect(await file.quietAfter('missing')).toEqual([json(1), 'missing']);
    await writeFile(file.path, json(1));
    expect(await file.quietAfter(json(1))).toEqual([json(1), 'missing', json(1)]);
  });

  test('with its whole directory is found again when the directory is back', async ({ file, expect }) => {
    const home = join(file.folder, 'config');
    const inside = join(home, 'networks.json');
    await mkdir(home);
    await writeFile(inside, json(1));
    await file.watch({ path: inside });
    await rm(home, { recursive: true });
    expect(await file.quietAfter('missing')).toEqual([json(1), 'missing']);
    await mkdir(home);
    await sleep(50);
    await writeFile(inside, json(2));
    await file.quietAfter(json(2));
    await writeFile(inside, json(3));
    expect(await file.quietAfter(json(3))).toEqual([json(1), 'missing', json(2), json(3)]);
  });

  test('may be missing from the beginning, its directories too', async ({ file, expect }) => {
    const home = join(file.folder, 'etc', 'user', 'config');
    const inside = join(home, 'networks.json');
    await file.watch({ path: inside });
    await file.untilTold('missing');
    await mkdir(home, { recursive: true });
    await writeFile(inside, json(2));
    expect(await file.quietAfter(json(2))).toEqual(['missing', json(2)]);
  });
});
