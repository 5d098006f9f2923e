import type { TLSSocket } from 'node:tls';

/**
 * What OpenSSL says of the chain that a client has shown.
 *
 * @returns A code such as `'CERT_HAS_EXPIRED'`; `undefined` if the chain is good. Fails closed: where Node can't be asked, it is not.
 */
export function verifyResultOf(socket: TLSSocket): string | undefined {
  const handle: unknown = '_handle' in socket ? socket._handle : undefined;
  if (!canVerify(handle)) return 'UNSPECIFIED';
  const error = handle.verifyError();
  if (error === null || error === undefined) return undefined;
  const code = typeof error === 'object' && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : 'UNSPECIFIED';
}

/** Only Node's own server asks it for the result by itself; the method is not documented, and as old as `node:tls`. */
function canVerify(handle: unknown): handle is { verifyError(): unknown } {
  return (
    typeof handle === 'object' && handle !== null && 'verifyError' in handle && typeof handle.verifyError === 'function'
  );
}
