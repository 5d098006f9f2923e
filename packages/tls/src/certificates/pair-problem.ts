/** What keeps a certificate and its key from being used, in words for people. @param error - What OpenSSL said. */
export function pairProblem(error: unknown, { passphrase }: { readonly passphrase?: string }): string {
  const text = error instanceof Error ? error.message.trim() : String(error);
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ERR_OSSL_BAD_DECRYPT') {
    return passphrase === undefined ? 'the key needs a passphrase' : 'the passphrase does not open the key';
  }
  return PROBLEMS[code] ?? text;
}

const PROBLEMS: Readonly<Record<string, string>> = {
  ERR_OSSL_X509_KEY_VALUES_MISMATCH: 'the key is that of another certificate',
  ERR_OSSL_UNSUPPORTED: 'the key is no private key in PEM',
  ERR_OSSL_PEM_NO_START_LINE: 'the certificate is none in PEM',
  ERR_OSSL_PEM_BAD_BASE64_DECODE: 'the PEM of the certificate is damaged',
};
