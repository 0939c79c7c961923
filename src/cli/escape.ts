const named: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Nearly every text is of these alone, an arrow in it, and thousands of lines are told apart in no time by it. */
const harmless = /^[ -~→]*$/;

/** The text with everything a terminal might obey - control, format and separator characters, lone surrogates - spelled out. */
export function escapeControls(text: string): string {
  if (harmless.test(text)) return text;
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    const hex = code.toString(16).padStart(2, '0');
    return named[character] ?? (code < 0x100 ? `\\x${hex}` : `\\u{${hex}}`);
  });
}
