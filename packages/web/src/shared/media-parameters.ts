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
  const next = new RegExp(PARAMETER);
  next.lastIndex = end < 0 ? text.length : end;
  while (next.lastIndex < text.length) {
    const found = next.exec(text);
    if (found === null) return undefined;
    const [, name, quoted, token] = found;
    if (name === undefined) continue;
    const key = name.toLowerCase();
    if (parameters.has(key)) return undefined;
    parameters.set(key, token ?? (quoted ?? '').replace(/\\(["\\])/g, '$1'));
  }
  return { value, parameters };
}

const VALUE = /^[a-z0-9!#$%&'*+.^_`|~-]+(?:\/[a-z0-9!#$%&'*+.^_`|~-]+)?$/;
const PARAMETER =
  /;[ \t]*(?:([A-Za-z0-9!#$%&'*+.^_`|~-]+)=(?:"((?:[^"\\]|\\["\\]|\\)*)"|([A-Za-z0-9!#$%&'*+.^_`|~-]+))[ \t]*)?(?=;|$)/y;
