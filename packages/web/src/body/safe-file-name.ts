/**
 * Makes a name of a file, as a client sent it, one that can stand in a folder.
 *
 * @remarks
 * Takes what follows the last slash of either kind; leaves out control characters, marks that change the direction of text, and dots at the
 * begin and the end; replaces what some file system refuses by `_`; puts `_` in front of names of devices of Windows; keeps at
 * most 200 bytes of UTF-8, the ending included. Two names may become one, and a good name says nothing of the content.
 *
 * @returns A name without folders, at least one character; `'file'` where nothing is left.
 *
 * @example
 * safeFileName('../../etc/passwd'); // 'passwd'
 * safeFileName('C:\\photos\\me:1?.png'); // 'me_1_.png'
 */
export function safeFileName(given: string): string {
  const base = given.slice(Math.max(given.lastIndexOf('/'), given.lastIndexOf('\\')) + 1);
  const clean = base.toWellFormed().normalize('NFC').replace(UNSEEN, '').replace(REFUSED, '_');
  const trimmed = withoutEdges(clean);
  if (trimmed === '') return 'file';
  return shortened(DEVICE.test(trimmed) ? `_${trimmed}` : trimmed);
}

/** From both ends by hand: a pattern for the end would begin anew at each dot of a row. */
function withoutEdges(name: string): string {
  let start = 0;
  let end = name.length;
  while (start < end && EDGE.test(name.charAt(start))) start++;
  while (end > start && EDGE.test(name.charAt(end - 1))) end--;
  return name.slice(start, end);
}

function shortened(name: string): string {
  if (Buffer.byteLength(name) <= MAX_BYTES) return name;
  const dot = name.lastIndexOf('.');
  const ending = dot > 0 && Buffer.byteLength(name.slice(dot)) <= MAX_ENDING_BYTES ? name.slice(dot) : '';
  const room = MAX_BYTES - Buffer.byteLength(ending);
  let stem = '';
  let bytes = 0;
  for (const character of name) {
    bytes += Buffer.byteLength(character);
    if (bytes > room) break;
    stem += character;
  }
  return stem + ending;
}

/** Control and format characters, and the separators of lines and paragraphs. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;
const EDGE = /[.\s]/;
const REFUSED = /[<>:"|?*\ufffd]/g;
const DEVICE = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\.|$)/i;
const MAX_BYTES = 200;
const MAX_ENDING_BYTES = 20;
