/** A key, and what may open it. */
interface LockedKey {
  readonly key: string | Uint8Array;
  readonly passphrase?: string;
}

/** What keeps a certificate and its key from being used, in words for people. @param error - What OpenSSL said. */
export function pairProblem(error: unknown, { key, passphrase }: LockedKey): string {
  const text = error instanceof Error ? error.message.trim() : String(error);
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  // A wrong passphrase makes rubbish of the key, of which one in 256 looks as if it were opened.
  if (code === 'ERR_OSSL_BAD_DECRYPT' || (code === 'ERR_OSSL_UNSUPPORTED' && isEncrypted(key))) {
    return passphrase === undefined ? 'the key needs a passphrase' : 'the passphrase does not open the key';
  }
  return PROBLEMS[code] ?? text;
}

function isEncrypted(key: string | Uint8Array): boolean {
  return ENCRYPTED.test(typeof key === 'string' ? key : Buffer.from(key).toString('latin1'));
}

/** RFC 7468 section 11, and RFC 1421 section 4.6.1.1 as OpenSSL writes it. */
const ENCRYPTED = /-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m;
const PROBLEMS: Readonly<Record<string, string>> = {
  ERR_OSSL_X509_KEY_VALUES_MISMATCH: 'the key is that of another certificate',
  ERR_OSSL_UNSUPPORTED: 'the key is no private key in PEM',
  ERR_OSSL_PEM_NO_START_LINE: 'the certificate is none in PEM',
  ERR_OSSL_PEM_BAD_BASE64_DECODE: 'the PEM of the certificate is damaged',
};
