import { stringify } from 'yaml';
import type { NetworksFile } from '../model/networks-file.ts';

/** A file's content as YAML that reads as the same, every line ended. */
export function printYaml(content: NetworksFile): string {
  return stringify(content, { aliasDuplicateObjects: false, lineWidth: 0 });
}
