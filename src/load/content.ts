import type { Config } from '../model/config.ts';
import type { NetworksFile } from '../model/networks-file.ts';

const maps = ['networks', 'ips', 'on_demand'] as const;
const lists = ['policies', 'routing', 'discovery'] as const;
const switches = ['strict', 'sets'] as const;

/**
 * All that files without a mistake say, as one file of the same meaning wherever it lies: what only editors and anchors read is
 * left out.
 */
export function mergedContent(files: readonly NetworksFile[], config: Config): NetworksFile {
  const { startupScript, shutdownScript } = config;
  const said: readonly (readonly [string, unknown])[] = [
    ...switches.map((key) => [key, files.find((file) => file[key] !== undefined)?.[key]] as const),
    ...maps.map((key) => [key, Object.assign({}, ...files.map((file) => file[key])) as object] as const),
    ...lists.map((key) => [key, files.flatMap((file) => [...(file[key] ?? [])])] as const),
    ['startup_script', startupScript?.path] as const,
    ['shutdown_script', shutdownScript?.path] as const,
  ];
  return Object.fromEntries(said.filter(([, value]) => !isEmpty(value)));
}

function isEmpty(value: unknown): boolean {
  return value === undefined || (typeof value === 'object' && Object.keys(value ?? {}).length === 0);
}
