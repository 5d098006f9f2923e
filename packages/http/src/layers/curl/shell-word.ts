import { UsageError } from '@lamella/service-core';

/**
 * Bytes as one word of a POSIX shell command, so that the program gets exactly these bytes.
 *
 * @remarks
 * Text stands in single quotes, where nothing means anything; a single quote is written as `'\''`. What is no UTF-8, and control
 * characters, which a terminal would act on when the command is shown or pasted, come out of a `printf`.
 *
 * @throws UsageError for NUL, which no argument can hold, and for what would have to end with a line feed after a `printf`.
 */
export function shellWord(bytes: Uint8Array): string {
  if (bytes.includes(0)) throw new UsageError('an argument of a command can hold no NUL');
  const text = plainText(bytes);
  if (text !== undefined) return SAFE.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
  // A command substitution drops the line feeds at its end.
  if (bytes.at(-1) === LF) throw new UsageError('a word that is no plain text must not end with a line feed');
  return `"$(printf ${printfFormat(bytes)})"`;
}

/** Bytes as the quoted format of `printf`, which writes exactly these bytes; NUL too. A dash in front is no option. */
export function printfFormat(bytes: Uint8Array): string {
  let format = '';
  for (const [index, byte] of bytes.entries()) {
    if (byte === PERCENT) format += '%%';
    else if (byte === BACKSLASH) format += String.raw`\\`;
    else if (byte >= 0x20 && byte < 0x7f && byte !== QUOTE && !(index === 0 && byte === DASH))
      format += String.fromCharCode(byte);
    else format += `\\${byte.toString(8).padStart(3, '0')}`;
  }
  return `'${format}'`;
}

/** Bytes as text, if they are UTF-8 and hold no control character but line feed and tab. */
export function plainText(bytes: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return CONTROL.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}

/** What no shell makes anything of. No `~` or `#`, which mean something in front. */
const SAFE = /^[A-Za-z0-9_./:@,+-]+$/;
/** Control characters, those of C1 too, and what turns the direction of text around. */
const CONTROL = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]/;
const LF = 0x0a;
const PERCENT = 0x25;
const BACKSLASH = 0x5c;
const QUOTE = 0x27;
const DASH = 0x2d;
