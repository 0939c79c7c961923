/** What iptables-save leaves without quotes; everything else it puts between them (xtables_save_string). */
const plain = /^[A-Za-z0-9_-]+$/;
const control = /\p{Cc}/u;
const escaped = /["'\\]/g;
const backslashed = /\\(.)/gs;

/** A value as one word of iptables-save, quoted only where the kernel's tools quote; throws on a control character, which could start a line. */
export function quote(text: string): string {
  if (control.test(text)) throw new Error(`a control character in ${JSON.stringify(text)}`);
  return plain.test(text) ? text : `"${text.replace(escaped, '\\$&')}"`;
}

/** The words of a line of iptables-save, quotes and backslashes undone; undefined when a quote is not closed. */
export function words(line: string): readonly string[] | undefined {
  if (!line.includes('"')) return line.split(' ');
  const found: string[] = [];
  let at = 0;
  while (at < line.length) {
    const quoted = line[at] === '"';
    const end = quoted ? closingQuote(line, at + 1) : line.indexOf(' ', at);
    if (quoted && end === -1) return undefined;
    const text = line.slice(quoted ? at + 1 : at, end === -1 ? line.length : end);
    found.push(quoted && text.includes('\\') ? text.replace(backslashed, '$1') : text);
    if (end === -1) break;
    at = end + (quoted ? 2 : 1);
  }
  return found;
}

/** The lines of iptables-save; a rule with a quoted text of several lines, which others may have given it, is a single one. */
export function logicalLines(text: string): readonly string[] {
  const lines = text.split('\n');
  if (!lines.some((line) => leavesOpen(line, false))) return lines;
  const joined: string[] = [];
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? '';
    const end = leavesOpen(line, false)
      ? lines.findIndex((more, index) => index > at && !leavesOpen(more, true))
      : at;
    joined.push(end <= at ? line : lines.slice(at, end + 1).join('\n'));
    at = Math.max(at, end);
  }
  return joined;
}

/** Whether a quoted text that begins in the line, or before it, goes on after it. */
function leavesOpen(line: string, isOpen: boolean): boolean {
  for (let at = isOpen ? 0 : afterQuote(line, 0); at !== undefined; ) {
    const closed = closingQuote(line, at);
    if (closed === -1) return true;
    at = afterQuote(line, closed + 1);
  }
  return false;
}

/** Where the next quoted text begins. Interfaces stand there as they are called, `-i a"b`, with quotes that are none. */
function afterQuote(line: string, from: number): number | undefined {
  if (!line.includes('"', from)) return undefined;
  const found = quotedValue.exec(line.slice(from));
  return found === null ? undefined : from + found.index + found[0].length;
}

const quotedValue = / --(?!physdev)[a-z-]+ "/;

function closingQuote(line: string, from: number): number {
  for (let at = from; at < line.length; at++) {
    if (line[at] === '\\') at++;
    else if (line[at] === '"') return at;
  }
  return -1;
}
