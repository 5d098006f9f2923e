/**
 * Makes text of strangers fit for a terminal: what would move the cursor, change colours or titles, or turn the direction of text, is
 * written as an escape, such as `\x1b`. Everything else stays.
 */
export function visible(text: string): string {
  return text.replaceAll(HIDDEN, (character) => SHORT[character] ?? escapeOf(character.codePointAt(0) ?? 0));
}

/**
 * Makes JSON with texts of strangers fit for a terminal, by escapes that mean the same: `JSON.stringify` leaves DEL, C1 and marks of direction
 * as they are. Line ends stay, which can stand between values only.
 */
export function visibleJson(json: string): string {
  return json.replaceAll(HIDDEN, (character) => (character === '\n' ? character : jsonEscapeOf(character)));
}

/** JSON has escapes of UTF-16, so that some characters take two. */
function jsonEscapeOf(character: string): string {
  const units = Array.from({ length: character.length }, (_, index) => character.charCodeAt(index));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
}

function escapeOf(code: number): string {
  if (code < 0x100) return `\\x${code.toString(16).padStart(2, '0')}`;
  return code < 0x1_0000 ? `\\u${code.toString(16).padStart(4, '0')}` : `\\u{${code.toString(16)}}`;
}

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };
/** Controls of C0 and C1 and DEL, breaks of lines and paragraphs, marks of direction, and tags, which nobody sees. */
const HIDDEN = /[\p{Cc}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\u{e0000}-\u{e007f}]/gu;
