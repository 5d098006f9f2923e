/**
 * A query in which secrets are replaced by `REDACTED`.
 *
 * @param query - Without its `?`.
 * @param names - Names of parameters, in lower case; compared as they stand and percent-decoded.
 */
export function redactedQuery(query: string, names: ReadonlySet<string>): string {
  if (names.size === 0 || !query.includes('=')) return query;
  return query
    .split('&')
    .map((parameter) => {
      const equals = parameter.indexOf('=');
      const name = equals < 0 ? '' : parameter.slice(0, equals);
      return equals >= 0 && names.has(decoded(name).toLowerCase()) ? `${name}=REDACTED` : parameter;
    })
    .join('&');
}

/** A whole URL without the secrets of its query; user information is never part of a target. */
export function redactedUrl(url: string, names: ReadonlySet<string>): string {
  const mark = url.indexOf('?');
  return mark < 0 ? url : `${url.slice(0, mark)}?${redactedQuery(url.slice(mark + 1), names)}`;
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name.replaceAll('+', ' '));
  } catch {
    return name;
  }
}
