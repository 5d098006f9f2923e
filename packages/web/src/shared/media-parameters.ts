/** A value with parameters, such as a Content-Type or a Content-Disposition. */
export interface ParameterizedValue {
  /** What stands before the parameters, in lower case. */
  readonly value: string;
  /** Parameters by their names in lower case, quotes undone. */
  readonly parameters: ReadonlyMap<string, string>;
}

/**
 * Takes a value with parameters apart. RFC 9110 section 5.6.6.
 *
 * @remarks
 * In quoted strings a backslash escapes a quote and a backslash only: some browsers send paths of Windows.
 *
 * @returns `undefined` if it is malformed or names a parameter twice, since two readers might take another one each.
 */
export function parseParameterized(text: string): ParameterizedValue | undefined {
  const end = text.indexOf(';');
  const value = (end < 0 ? text : text.slice(0, end)).trim().toLowerCase();
  if (!VALUE.test(value)) return undefined;
  const parameters = new Map<string, string>();
  for (let at = end < 0 ? text.length : end; at < text.length; ) {
    const [begin, name] = matchAt(BEGIN, text, at);
    if (begin === undefined) return undefined;
    at += begin.length;
    if (name === undefined) continue;
    const key = name.toLowerCase();
    if (parameters.has(key)) return undefined;
    if (text.charCodeAt(at) === QUOTE) {
      const close = closingQuote(text, at + 1);
      if (close === undefined) return undefined;
      parameters.set(key, text.slice(at + 1, close).replace(/\\(["\\])/g, '$1'));
      at = behindBlanks(text, close + 1);
    } else {
      const [token] = matchAt(TOKEN, text, at);
      if (token === undefined) return undefined;
      parameters.set(key, token);
      at = behindBlanks(text, at + token.length);
    }
  }
  return { value, parameters };
}

/**
 * Where a quoted string ends that begins at `start`: at a quote with nothing but the next parameter behind it. Backslashes in front of a quote
 * that come in pairs leave it a quote, so the first such one ends it. A single one escapes it, unless nothing else ends the string:
 * `"C:\"` is a path, too.
 *
 * @remarks
 * By hand, since a regular expression that tries both readings of each backslash takes exponential time. No character is looked at twice but blanks.
 */
function closingQuote(text: string, start: number): number | undefined {
  let escaped: number | undefined;
  for (let at = text.indexOf('"', start); at >= 0; at = text.indexOf('"', at + 1)) {
    let first = at;
    while (first > start && text.charCodeAt(first - 1) === BACKSLASH) first--;
    const backslashes = at - first;
    const next = behindBlanks(text, at + 1);
    const isEnd = next === text.length || text.charCodeAt(next) === SEMICOLON;
    if (isEnd && backslashes % 2 === 0) return at;
    if (isEnd) escaped = at;
    if (backslashes === 0) break; // no string holds a quote without one
  }
  return escaped;
}

function behindBlanks(text: string, start: number): number {
  let at = start;
  while (text.charCodeAt(at) === SP || text.charCodeAt(at) === HTAB) at++;
  return at;
}

/** What `pattern`, a sticky one, finds at `at`. */
function matchAt(pattern: RegExp, text: string, at: number): readonly (string | undefined)[] {
  pattern.lastIndex = at;
  return pattern.exec(text) ?? [];
}

const VALUE = /^[a-z0-9!#$%&'*+.^_`|~-]+(?:\/[a-z0-9!#$%&'*+.^_`|~-]+)?$/;
/** The begin of a parameter, up to its value; RFC 9110 allows for empty ones. */
const BEGIN = /;[ \t]*(?:([A-Za-z0-9!#$%&'*+.^_`|~-]+)=)?/y;
const TOKEN = /[A-Za-z0-9!#$%&'*+.^_`|~-]+/y;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SEMICOLON = 0x3b;
const SP = 0x20;
const HTAB = 0x09;
