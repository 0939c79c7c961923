import { errorFields } from '../log.ts';
import { ConfigFile, type Reading } from './config-file.ts';
import { FixedConfig } from './fixed-config.ts';
import type { AnyLoaded, WatchOptions } from './watch-options.ts';

/** Where the configuration comes from. */
export type ConfigSource<L extends AnyLoaded> = ConfigFile<L> | FixedConfig<L>;

/** The file or directory as it changes, or what is in none and does not; what is wrong with listening to it is logged. */
export function sourceOf<L extends AnyLoaded>(
  { path, load, period, log }: Pick<WatchOptions<L>, 'path' | 'load' | 'period' | 'log'>,
  changed: (reading: Reading<L>) => void,
): ConfigSource<L> {
  if (path === undefined) return new FixedConfig(load, changed);
  return new ConfigFile({
    path,
    load,
    pollEvery: period,
    listener: {
      changed,
      pollingOnly: (error) =>
        log.warn('no file events here, polling', { period: period / 1000, ...errorFields(error) }),
      replacedOutside: () =>
        log.warn('the file was replaced outside this mount of a single file', {
          file: path,
          hint: 'mount its directory instead',
        }),
      broke: (error) => log.error('reading the file failed', errorFields(error)),
    },
  });
}
