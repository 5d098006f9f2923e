import { TlsMaterialError, tlsConnectLayer } from '@lamella/tls';
import { messageOf } from '../cli-error.ts';

/**
 * What a file says about roots, if it has any.
 *
 * @throws TlsMaterialError with the name of the file, which may be one of several.
 */
export function checkedRoots(roots: string, path: string): string {
  try {
    tlsConnectLayer({ roots });
  } catch (cause) {
    throw new TlsMaterialError(`${path} can't be used as roots: ${messageOf(cause)}`, { cause });
  }
  return roots;
}
