import { TlsMaterialError } from '../errors.ts';
import type { KeyPair } from './key-pair.ts';
import { secureContext } from './key-pair.ts';

/** Makes sure that a certificate, those above it and its key can be used together. @throws TlsMaterialError if not. */
export function checkPair(pair: KeyPair): void {
  secureContext({}, pair);
  // OpenSSL takes a text that ends within a line `-----BEGIN` for one that has ended before: clients would miss an intermediate.
  const text = typeof pair.cert === 'string' ? pair.cert : Buffer.from(pair.cert).toString('latin1');
  if (text.split('-----BEGIN').length > text.split('-----END').length) {
    throw new TlsMaterialError('a text of PEM with certificates is cut off');
  }
}
