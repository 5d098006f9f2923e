import { createHmac } from 'node:crypto';
import type { AccountKey, PublicJwk } from './account-key.ts';

/** What a signed request says of itself. RFC 8555 section 6.2. */
export interface JwsHeader {
  readonly nonce: string;
  readonly url: string;
  /** Address of the account; without it, the key itself is sent. */
  readonly kid?: string | undefined;
}

/** An account at somebody else that an authority knows its customers by. */
export interface ExternalAccount {
  /** What the authority calls it. */
  readonly keyId: string;
  /** The secret that goes with it, in base64url. */
  readonly hmacKey: string;
}

/** Signs a request. @param payload - `undefined` for POST-as-GET, which has no content. */
export function signedRequest(key: AccountKey, header: JwsHeader, payload: unknown): string {
  const { nonce, url, kid } = header;
  const sender = kid === undefined ? { jwk: key.jwk } : { kid };
  const first = encoded(JSON.stringify({ alg: 'ES256', ...sender, nonce, url }));
  const second = payload === undefined ? '' : encoded(JSON.stringify(payload));
  const signature = key.sign(`${first}.${second}`).toString('base64url');
  return JSON.stringify({ protected: first, payload: second, signature });
}

/** Proves that the account at somebody else is ours, and belongs to our key. RFC 8555 section 7.3.4. */
export function externalBinding(account: ExternalAccount, jwk: PublicJwk, url: string): object {
  const first = encoded(JSON.stringify({ alg: 'HS256', kid: account.keyId, url }));
  const second = encoded(JSON.stringify(jwk));
  const hmac = createHmac('sha256', Buffer.from(account.hmacKey, 'base64url')).update(`${first}.${second}`);
  return { protected: first, payload: second, signature: hmac.digest('base64url') };
}

function encoded(text: string): string {
  return Buffer.from(text).toString('base64url');
}
