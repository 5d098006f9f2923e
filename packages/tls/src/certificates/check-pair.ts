import type { KeyPair } from './key-pair.ts';
import { secureContext } from './key-pair.ts';

/** Makes sure that a certificate and its key can be used together. @throws TlsMaterialError if not. */
export function checkPair(pair: KeyPair): void {
  secureContext({}, pair);
}
