/** Fails a conformance case unless both are the same. */
export function equal(actual: unknown, expected: unknown, what: string): void {
  if (!Object.is(actual, expected)) throw new Error(`${what}: expected ${String(expected)}, got ${String(actual)}`);
}

/** Fails a conformance case unless `work` rejects; gives what it rejects with. */
export async function rejectionOf(work: Promise<unknown> | undefined, what: string): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    return error;
  }
  throw new Error(`${what}: expected a rejection`);
}

/** The `code` of an error, or what it is instead. */
export function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null ? (error as { code?: unknown }).code : error;
}
