/** Whether doing a request twice has the same effect as doing it once, going by its method. RFC 9110 section 9.2.2. */
export function isIdempotent(method: string): boolean {
  return IDEMPOTENT_METHODS.has(method);
}

/** Methods whose requests may be done twice. RFC 9110 section 9.2.2. */
export const IDEMPOTENT_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);
