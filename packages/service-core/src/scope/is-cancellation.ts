/**
 * Whether `error` is the caller's own cancellation: the very reason that `input` was aborted with.
 *
 * @remarks
 * Works on any input: one without a `scope` or a `signal` can't be cancelled. Looks at shapes, not at classes, so
 * that inputs of another copy of the package count. Reads `signal` only where there is no scope, since reading it
 * would bring an `AbortSignal` into being.
 */
export function isCancellation(input: unknown, error: unknown): boolean {
  if (typeof input !== 'object' || input === null) return false;
  const { scope } = input as { readonly scope?: unknown }; // any object may be asked for any property
  if (typeof scope === 'object' && scope !== null) return isReason(scope, error);
  const { signal } = input as { readonly signal?: unknown };
  return typeof signal === 'object' && signal !== null && isReason(signal, error);
}

function isReason(source: { readonly aborted?: unknown; readonly reason?: unknown }, error: unknown): boolean {
  return source.aborted === true && source.reason === error;
}
