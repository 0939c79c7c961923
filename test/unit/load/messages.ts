import { describe, expect, it } from 'vitest';
import { linesOf, loadText } from './directory.ts';
export const net = 'networks: { n: { subnet: 10.0.0.0/24, gateway: 10.0.0.1 } }\n';
export const web = `${net}ips: { 10.0.0.2: { container_name: web } }\n`;

/** Each row: what is wrong, the text (JSON when it begins with a bracket, else YAML), and the lines printed, the file's name left out (F where it is within). */
export type Row = readonly [what: string, text: string, ...lines: string[]];

/** A test for each row. */
export function describeMessages(rows: readonly Row[]): void {
  describe('a file with', () => {
    it.each(rows)('%s', async (_, text, ...lines) => {
      const name = /^[{[]/.test(text) ? 'a.json' : 'a.yaml';
      const expected = lines.map((line) =>
        (line.startsWith(':') ? name + line : line).replace('at F:', `at ${name}:`),
      );
      expect(linesOf(await loadText(name, text))).toEqual(expected);
    });
  });
}
