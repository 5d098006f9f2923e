import type { HttpHeaders } from '../../message/http-headers.ts';
import type { DispatchFields, DispatchHeaders } from './dispatch-types.ts';

/** Pairs in order, of headers in whichever form undici takes. */
export function pairsOf(headers: DispatchHeaders | null | undefined): [name: string, value: string][] {
  const pairs: [string, string][] = [];
  const add = (name: unknown, value: unknown): void => {
    for (const each of Array.isArray(value) ? value : [value]) {
      if (each !== undefined && each !== null) pairs.push([textOf(name), textOf(each)]);
    }
  };
  if (headers === null || headers === undefined) return pairs;
  if (Array.isArray(headers) && !Array.isArray(headers[0])) {
    for (let index = 0; index + 1 < headers.length; index += 2) add(headers[index], headers[index + 1]);
  } else if (Symbol.iterator in headers) {
    for (const pair of headers) if (Array.isArray(pair)) add(pair[0], pair[1]);
  } else {
    for (const [name, value] of Object.entries(headers)) add(name, value);
  }
  return pairs;
}

/** Names in lower case with their values; several of one name become a list. */
export function fieldsOf(headers: HttpHeaders): DispatchFields {
  const fields = new Map<string, string | string[]>();
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    const known = fields.get(key);
    if (known === undefined) fields.set(key, value);
    else fields.set(key, typeof known === 'string' ? [known, value] : [...known, value]);
  }
  return Object.fromEntries(fields);
}

/** Names and values in turn, one character a byte. */
export function rawOf(headers: HttpHeaders): Buffer[] {
  const raw: Buffer[] = [];
  for (const pair of headers) for (const text of pair) raw.push(Buffer.from(text, 'latin1'));
  return raw;
}

function textOf(value: unknown): string {
  return value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : String(value);
}
