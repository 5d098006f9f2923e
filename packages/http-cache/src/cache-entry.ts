import type { HttpRequest } from '@lamella/http';

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
