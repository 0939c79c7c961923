import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import type { Context } from '../../../src/cli/command.ts';
import type { GoodFile } from '../../../src/cli/good-file.ts';
import { type Opened, whileReading } from '../../../src/cli/head-start.ts';
import { uninterrupted } from '../../../src/cli/interruption.ts';
import { emptyConfig } from '../../../src/model/config.ts';

const context = { interruption: uninterrupted } as Context;
const file: GoodFile = { config: emptyConfig, warnings: [], digest: '', locate: () => undefined };
const opened = { begun: { asked: Promise.resolve() } } as Opened;
const good = () => Promise.resolve(file);
const bad = () => Promise.resolve(undefined);

describe('while a file is read', () => {
  test('the host is opened, and both are there in the end', async () => {
    expect(await whileReading(context, () => Promise.resolve(opened), good)).toEqual({ file, opened });
  });

  test('a host that cannot be opened is told of after the file', async () => {
    const unreachable = () => Promise.reject(new Error('no engine answers'));
    await expect(whileReading(context, unreachable, good)).rejects.toThrow('no engine answers');
    expect(await whileReading(context, unreachable, bad)).toBeUndefined();
  });

  test('a host that is not needed is left, and not before it was opened', async () => {
    const left: string[] = [];
    const open = () => Promise.resolve({ ...opened, leave: () => Promise.resolve(void left.push('left')) });
    expect(await whileReading(context, open, bad)).toBeUndefined();
    await expect(whileReading(context, open, () => Promise.reject(new Error('a bug')))).rejects.toThrow(
      'a bug',
    );
    expect(await whileReading(context, open, good)).toMatchObject({ file });
    expect(left).toEqual(['left', 'left']);
  });

  test('who waits for an engine is not waited for, and is told when nobody needs it', async () => {
    const waiting = async (signal: AbortSignal): Promise<Opened> => {
      await once(signal, 'abort');
      throw signal.reason;
    };
    expect(await whileReading(context, waiting, bad)).toBeUndefined();
  });
});
