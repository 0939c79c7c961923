import { basename } from 'node:path';
import type { Position } from '../model/status.ts';

/** `/etc/networks.yaml:3:7`; a flag or variable that stands in a file's place has no lines. */
export function placeText({ file, line, column }: Position): string {
  return line === 0 ? file : `${file}:${line}:${column}`;
}

/** `networks.yaml:3`: of the file only the name, since the folder is the same for all. */
export function shortPlaceText({ file, line }: Position): string {
  return line === 0 ? file : `${basename(file)}:${line}`;
}
