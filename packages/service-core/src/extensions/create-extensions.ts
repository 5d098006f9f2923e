import { ExtensionLog } from './extension-log.ts';
import type { AnyExtensions, Extensions } from './extension-store.ts';

/**
 * Makes an empty store without a parent.
 *
 * @param scope - What the store belongs to.
 * @param ingress - Connection that the data came in by; the same as linking it right after.
 */
export function createExtensions<S extends 'connection' | 'request' | 'response' | 'message'>(
  scope: S,
  ingress?: AnyExtensions,
): Extensions<S> {
  // The log is loosely typed inside; its methods are the ones of a store of this scope.
  return new ExtensionLog(scope, undefined, undefined, ingress) as unknown as Extensions<S>;
}
