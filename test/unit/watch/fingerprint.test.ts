import { join } from 'node:path';
import { expect, test } from 'vitest';
import { load } from '../../../src/load/load.ts';
import { fingerprint } from '../../../src/watch/fingerprint.ts';
import { directoryOf } from '../load/directory.ts';

test('the digest is what loading says it read, of a file and of a directory', async () => {
  const directory = await directoryOf({ 'a.json': '{"networks": {}}', 'b.yaml': 'policies: []\n' });
  for (const path of [directory, join(directory, 'a.json')])
    expect((await fingerprint(path)).digest).toBe((await load(path)).digest);
});
