import { IS_FIELD, IS_TOKEN } from '../codec/bytes.ts';

/** Whether `text` is a `token`, as methods and field names are. RFC 9110 section 5.6.2. */
export function isToken(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code > 0x7f || IS_TOKEN[code] === 0) return false;
  }
  return text.length > 0;
}

/**
 * Whether `text` may stand as a field value: visible characters, spaces and tabs within, and `obs-text`, one character a
 * byte. RFC 9110 section 5.5. Leading and trailing blanks are not part of a value.
 */
export function isFieldValue(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code > 0xff || IS_FIELD[code] === 0) return false;
  }
  return true;
}

/** Removes the blanks around a field value. RFC 9110 section 5.5. */
export function trimBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return end - start === text.length ? text : text.slice(start, end);
}

/**
 * Splits a comma-separated field value; empty elements are left out, as RFC 9110 section 5.6.1 asks of recipients.
 * Commas within quoted strings do not split.
 */
export function splitList(value: string): string[] {
  const elements: string[] = [];
  let start = 0;
  let isQuoted = false;
  for (let index = 0; index <= value.length; index++) {
    const code = value.charCodeAt(index); // NaN behind the end
    if (isQuoted && code === BACKSLASH && index + 1 < value.length) index++;
    else if (code === QUOTE) isQuoted = !isQuoted;
    else if (index >= value.length || (code === COMMA && !isQuoted)) {
      const element = trimBlanks(value.slice(start, index));
      if (element !== '') elements.push(element);
      start = index + 1;
    }
  }
  return elements;
}

/**
 * Splits a field value that is a list of tokens, such as Connection. Such a list has no quoted strings: a quote must not hide a
 * comma that everybody else sees.
 */
export function splitTokens(value: string): string[] {
  const elements: string[] = [];
  for (const element of value.split(',')) {
    const token = trimBlanks(element);
    if (token !== '') elements.push(token);
  }
  return elements;
}

/** Whether a list of tokens has `token`, given in lower case, as one of its elements, in any case. */
export function hasListToken(value: string, token: string): boolean {
  if (value.length === token.length) return value === token || value.toLowerCase() === token;
  return splitTokens(value).some((element) => element.toLowerCase() === token);
}

function isBlank(code: number): boolean {
  return code === SP || code === HTAB;
}

const SP = 0x20;
const HTAB = 0x09;
const COMMA = 0x2c;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
