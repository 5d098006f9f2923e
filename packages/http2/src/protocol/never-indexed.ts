/**
 * Which fields of a section must never enter a table of anybody on their way: whoever passes them on says so again. RFC 7541
 * sections 6.2.3 and 7.1.3.
 *
 * @param fields - Names and values in turn.
 * @param indexes - Where the names of those fields stand.
 * @returns Their names; `undefined` if there are none, as mostly.
 */
export function neverIndexedNames(
  fields: readonly string[],
  indexes: readonly number[],
): ReadonlySet<string> | undefined {
  if (indexes.length === 0) return undefined;
  const names = new Set(indexes.map((index) => fields[index] as string)); // they stand inside of the list
  // The one may be sent on as the other.
  if (names.has('host')) names.add(':authority');
  return names;
}
