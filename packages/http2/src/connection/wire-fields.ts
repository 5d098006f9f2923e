import type { HttpHeaders } from '@lamella/http';
import { headersOfValidFields, isToken } from '@lamella/http';
import { isConnectionSpecific } from '../protocol/connection-specific.ts';

/**
 * Appends the fields of a message as HTTP/2 sends them: names in lower case, nothing that belongs to a connection of HTTP/1.1.
 * RFC 9113 section 8.2.
 *
 * @param target - Names and values in turn.
 * @param skips - Names to leave out, in lower case.
 * @returns The value of Content-Length, if there is one; it is not appended.
 */
export function appendFields(target: string[], headers: HttpHeaders, ...skips: string[]): string | undefined {
  const { flat } = headers;
  let contentLength: string | undefined;
  for (let index = 0; index < flat.length; index += 2) {
    const name = lowerCase(flat[index] as string); // names and values come in pairs
    const value = flat[index + 1] as string;
    switch (name.length) {
      case 2:
        if (name === 'te' && value.toLowerCase() !== 'trailers') continue;
        break;
      case 7:
      case 10:
      case 16:
      case 17:
        if (isConnectionSpecific(name)) continue;
        break;
      case 14:
        if (name !== 'content-length') break;
        contentLength = value;
        continue;
    }
    if (!skips.includes(name)) target.push(name, value);
  }
  return contentLength;
}

/** Trailers as HTTP/2 sends them. @returns `undefined` if none are left. RFC 9110 section 6.5.1. */
export function trailerFields(trailers: HttpHeaders | undefined): string[] | undefined {
  if (trailers === undefined || trailers.size === 0) return undefined;
  const fields: string[] = [];
  appendFields(fields, trailers, 'host');
  return fields.length === 0 ? undefined : fields;
}

/** Fields that were received, and are valid. @param neverIndexed - Names of those that must enter no table. */
export function receivedTrailers(
  fields: readonly string[] | undefined,
  neverIndexed: ReadonlySet<string> | undefined,
): HttpHeaders | undefined {
  return fields === undefined || fields.length === 0 ? undefined : headersOfValidFields([...fields], neverIndexed);
}

/** Most names are the same all the time, and making lower case of one costs more than finding it. */
function lowerCase(name: string): string {
  const known = lowerNames.get(name);
  if (known !== undefined) return known;
  const lower = name.toLowerCase();
  if (lowerNames.size < MAX_KNOWN_NAMES && isToken(name)) lowerNames.set(name, lower);
  return lower;
}

const lowerNames = new Map<string, string>();
const MAX_KNOWN_NAMES = 1_000;
