import type { KeyObject } from 'node:crypto';
import { createHash, createPrivateKey, generateKeyPairSync, sign } from 'node:crypto';
import { UsageError } from '@lamella/service-core';

/** The public half of an account's key, its members in the order of RFC 7638. */
export interface PublicJwk {
  readonly crv: 'P-256';
  readonly kty: 'EC';
  readonly x: string;
  readonly y: string;
}

/** The key of an account, on P-256. */
export class AccountKey {
  readonly #key: KeyObject;
  readonly jwk: PublicJwk;
  /** What the key is called. RFC 7638. */
  readonly thumbprint: string;

  /** @param pem - A private key, as PEM. @throws UsageError if it is none on P-256. */
  constructor(pem: string) {
    this.#key = privateKey(pem);
    const { x = '', y = '' } = this.#key.export({ format: 'jwk' });
    this.jwk = { crv: 'P-256', kty: 'EC', x, y };
    this.thumbprint = createHash('sha256').update(JSON.stringify(this.jwk)).digest('base64url');
  }

  /** Signs by ES256: two numbers of 32 bytes, one behind the other. RFC 7518 section 3.4. */
  sign(text: string): Buffer {
    return sign('sha256', Buffer.from(text), { key: this.#key, dsaEncoding: 'ieee-p1363' });
  }

  /** What proves that who answers a challenge has this account. RFC 8555 section 8.1. */
  authorize(token: string): string {
    return `${token}.${this.thumbprint}`;
  }
}

/** Makes a key for an account, as PEM. */
export function newAccountKey(): string {
  const { privateKey: key } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function privateKey(pem: string): KeyObject {
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch (cause) {
    throw new UsageError('the key of an account must be a private key in PEM', { cause });
  }
  if (key.asymmetricKeyDetails?.namedCurve === 'prime256v1') return key;
  throw new UsageError('the key of an account must be on P-256');
}
