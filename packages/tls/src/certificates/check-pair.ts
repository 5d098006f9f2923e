import { X509Certificate } from 'node:crypto';
import { TlsMaterialError } from '../errors.ts';
import type { KeyPair } from './key-pair.ts';
import { secureContext } from './key-pair.ts';

/** Makes sure that a certificate, those above it and its key can be used together. @throws TlsMaterialError if not. */
export function checkPair(pair: KeyPair): void {
  secureContext({}, pair);
  // OpenSSL takes no notice of what comes after the first certificate and is cut off: clients would miss an intermediate.
  const text = typeof pair.cert === 'string' ? pair.cert : Buffer.from(pair.cert).toString('latin1');
  for (const block of text.split(/(?=-----BEGIN )/)) {
    if (!block.startsWith('-----BEGIN ')) continue;
    if (/^-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----/.test(block)) parse(block);
    else if (!block.includes('-----END ')) throw new TlsMaterialError('a text of PEM is cut off');
  }
}

function parse(pem: string): void {
  try {
    new X509Certificate(pem);
  } catch (error) {
    throw new TlsMaterialError('a certificate of the chain is no certificate in PEM', { cause: error });
  }
}
