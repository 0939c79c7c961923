/** What iptables-save leaves without quotes; everything else it puts between them (xtables_save_string). */
const plain = /^[A-Za-z0-9_-]+$/;
const control = /\p{Cc}/u;
const escaped = /["'\\]/g;

/** A value as one word of iptables-save, quoted only where the kernel's tools quote; throws on a control character, which could start a line. */
export function quote(text: string): string {
  if (control.test(text)) throw new Error(`a control character in ${JSON.stringify(text)}`);
  return plain.test(text) ? text : `"${text.replace(escaped, '\\$&')}"`;
}

/** The words of a line of iptables-save, quotes and backslashes undone; undefined when a quote is not closed. */
export function words(line: string): readonly string[] | undefined {
  if (!line.includes('"') && !line.includes('\\')) return line.split(' ').filter((word) => word !== '');
  const found: string[] = [];
  let word: string | undefined;
  let quoted = false;
  for (let at = 0; at < line.length; at++) {
    const character = line[at] ?? '';
    if (character === '"') {
      quoted = !quoted;
      word ??= '';
    } else if (character === ' ' && !quoted) {
      if (word !== undefined) found.push(word);
      word = undefined;
    } else if (character === '\\' && quoted) {
      at++;
      word = (word ?? '') + (line[at] ?? '');
    } else {
      word = (word ?? '') + character;
    }
  }
  if (quoted) return undefined;
  if (word !== undefined) found.push(word);
  return found;
}
