import type { HttpRequest } from '@lamella/http';
import { HttpHeaders } from '@lamella/http';

/** The head of a stored response; plain data, which a store may write down as JSON. */
export interface CacheEntry {
  /** Name of this entry under its key: a random token. */
  readonly id: string;
  /** Status of the response. */
  readonly status: number;
  /** Reason phrase of the response. */
  readonly reason: string;
  /** Fields of the response in order, those for one hop left out. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Names of those that came as never to be indexed, in lower case, and are given so. Default: none. */
  readonly neverIndexed?: readonly string[];
  /** Fields of the request that chose this response, by name in lower case: those that Vary and `keyHeaders` name. */
  readonly selectedBy: Readonly<Record<string, string | null>>;
  /** When the request went out, in milliseconds since the epoch. */
  readonly requestedAtMs: number;
  /** When the response came, or was last confirmed, in milliseconds since the epoch. */
  readonly receivedAtMs: number;
  /** Whether the request carried credentials in Authorization. */
  readonly hadAuthorization: boolean;
  /** Length of the body in bytes, once it is stored whole. */
  readonly bodyBytes: number;
}

/** The fields of a stored response. */
export function entryHeaders({ headers, neverIndexed = [] }: CacheEntry): HttpHeaders {
  const made = HttpHeaders.from(headers);
  for (const name of neverIndexed) made.neverIndex(name);
  return made;
}

/** Those of the names that are among the fields. For an entry, which has no place for none. */
export function neverIndexedOf(
  headers: readonly (readonly [name: string, value: string])[],
  ...marks: readonly (Iterable<string> | undefined)[]
): Pick<CacheEntry, 'neverIndexed'> {
  const names = new Set(marks.flatMap((names) => [...(names ?? [])]));
  const present = new Set(headers.map(([name]) => name.toLowerCase()));
  const neverIndexed = [...names].filter((name) => present.has(name));
  return neverIndexed.length === 0 ? {} : { neverIndexed };
}

/** Whether a request asks for the variant that is stored as `entry`. RFC 9111 section 4.1. */
export function isSelectedBy(entry: CacheEntry, request: HttpRequest): boolean {
  for (const [name, value] of Object.entries(entry.selectedBy)) {
    if ((request.headers.get(name) ?? null) !== value) return false;
  }
  return true;
}

/**
 * The fields of the request that choose a response.
 *
 * @returns `undefined` if no other request can ever choose it (`Vary: *`).
 */
export function selectionOf(
  request: HttpRequest,
  vary: string | undefined,
  keyHeaders: readonly string[],
): Readonly<Record<string, string | null>> | undefined {
  // No prototype: a field may be called anything.
  const selection: Record<string, string | null> = Object.create(null);
  const named = (vary ?? '').split(',').map((name) => name.trim().toLowerCase());
  for (const name of [...keyHeaders, ...named]) {
    if (name === '*') return undefined;
    if (name !== '') selection[name] = request.headers.get(name) ?? null;
  }
  return selection;
}
