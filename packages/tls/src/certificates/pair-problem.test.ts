import { expect, it } from 'vitest';
import { pairProblem } from './pair-problem.ts';

const PKCS8 = '-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIH0\n-----END ENCRYPTED PRIVATE KEY-----\n';
const TRADITIONAL = `-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nMIH0\n`;
const PLAIN = '-----BEGIN PRIVATE KEY-----\nMIH0\n-----END PRIVATE KEY-----\n';

// What OpenSSL says of a wrong passphrase hangs on what it makes of the key: rubbish, of which one in 256 looks as if it were opened.
it.each([
  [PKCS8, undefined, 'ERR_OSSL_BAD_DECRYPT', 'the key needs a passphrase'],
  [PKCS8, undefined, 'ERR_OSSL_UNSUPPORTED', 'the key needs a passphrase'],
  [PKCS8, 'wrong', 'ERR_OSSL_BAD_DECRYPT', 'the passphrase does not open the key'],
  [PKCS8, 'wrong', 'ERR_OSSL_UNSUPPORTED', 'the passphrase does not open the key'],
  [Buffer.from(PKCS8), 'wrong', 'ERR_OSSL_UNSUPPORTED', 'the passphrase does not open the key'],
  [TRADITIONAL, undefined, 'ERR_OSSL_UNSUPPORTED', 'the key needs a passphrase'],
  [PLAIN, 'wrong', 'ERR_OSSL_UNSUPPORTED', 'the key is no private key in PEM'],
  [PKCS8, 'right', 'ERR_OSSL_X509_KEY_VALUES_MISMATCH', 'the key is that of another certificate'],
  [PLAIN, undefined, 'ERR_SSL_EE_KEY_TOO_SMALL', 'as OpenSSL says'],
])('%s with passphrase %s and %s: %s', (key, passphrase, code, problem) => {
  const error = Object.assign(new Error('as OpenSSL says'), { code });
  expect(pairProblem(error, { key, ...(passphrase === undefined ? {} : { passphrase }) })).toBe(problem);
});
