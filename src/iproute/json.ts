/**
 * What `ip -j` printed. It writes interface names and their aliases, which are anybody's in a container, as they are but for a few
 * characters, and a `'` as `\'` (iproute2 6.1, json_writer.c, jsonw_puts), neither of which is JSON. Throws a SyntaxError for what is
 * no JSON even so.
 */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return JSON.parse(
      text.replace(notJson, (found) => (found.startsWith('\\') ? mended(found) : spelled(found))),
    );
  }
}

/** A character after a backslash, or a control character that is none of those between values. */
const notJson = /\\.|(?![\t\n\r])\p{Cc}/gsu;

function mended(found: string): string {
  return found === "\\'" ? "'" : found;
}

function spelled(control: string): string {
  return `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
