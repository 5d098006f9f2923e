/**
 * A text from outside as an error message shows it: in quotes, cut at 100 characters, on one line.
 *
 * @remarks
 * What a terminal or a log viewer acts on is escaped: control characters (`JSON.stringify` leaves DEL and the C1 set, CSI among
 * them), line separators, and characters that are invisible or turn the writing direction.
 */
export function quoted(text: string): string {
  const shown = text.length > MAX_SHOWN_LENGTH ? `${text.slice(0, MAX_SHOWN_LENGTH)}...` : text;
  return JSON.stringify(shown).replace(UNPRINTABLE, (character) =>
    Array.from({ length: character.length }, (_, index) => escapeUnit(character.charCodeAt(index))).join(''),
  );
}

function escapeUnit(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, '0')}`;
}

const MAX_SHOWN_LENGTH = 100;
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;
