/**
 * Makes text safe for a line of a log between quotes: quotes, backslashes, control characters and all beyond ASCII become `\xHH`, or `\uHHHH`.
 *
 * @remarks
 * So nothing that a client sends can end a line, close a quote, or steer the terminal that shows it.
 */
export function escapedForLog(text: string): string {
  return IS_PLAIN.test(text) ? text : text.replace(NOT_PLAIN, escapedCharacter);
}

/** {@link escapedForLog} for a field between blanks: blanks are escaped too, and nothing becomes `-`. */
export function logToken(text: string | undefined): string {
  if (text === undefined || text === '') return '-';
  return escapedForLog(text).replaceAll(' ', '\\x20');
}

/** The time as logs of the common format write it: `10/Oct/2000:13:55:36 +0000`. */
export function commonLogTime(epochMs: number): string {
  const iso = new Date(epochMs).toISOString();
  return `${iso.slice(8, 10)}/${MONTHS[Number(iso.slice(5, 7)) - 1]}/${iso.slice(0, 4)}:${iso.slice(11, 19)} +0000`;
}

/**
 * A request target whose query has no value of a parameter that is secret.
 *
 * @param names - Names of parameters in lower case, compared as they stand and percent-decoded.
 */
export function redactedTarget(target: string, names: ReadonlySet<string>): string {
  const mark = target.indexOf('?');
  if (mark < 0 || names.size === 0) return target;
  const parameters = target.slice(mark + 1).split('&');
  return `${target.slice(0, mark + 1)}${parameters.map((parameter) => redactedParameter(parameter, names)).join('&')}`;
}

function redactedParameter(parameter: string, names: ReadonlySet<string>): string {
  const equals = parameter.indexOf('=');
  if (equals < 0) return parameter;
  const name = parameter.slice(0, equals);
  return names.has(decoded(name).toLowerCase()) ? `${name}=[redacted]` : parameter;
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name.replaceAll('+', ' '));
  } catch {
    return name;
  }
}

function escapedCharacter(character: string): string {
  const code = character.charCodeAt(0);
  return code > 0xff ? `\\u${code.toString(16).padStart(4, '0')}` : `\\x${code.toString(16).padStart(2, '0')}`;
}

const IS_PLAIN = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;
const NOT_PLAIN = /[^\x20\x21\x23-\x5b\x5d-\x7e]/g;
const MONTHS: readonly string[] = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');
