import type { KeyObject } from 'node:crypto';
import { generateKeyPairSync, randomUUID, sign, verify } from 'node:crypto';
import type { HttpRequest } from '@lamella/http';
import { HttpResponse } from '@lamella/http';
import type { Service } from '@lamella/service-core';

/** Who calls. */
export interface Caller {
  readonly name: string;
  /** What the caller may do; empty where that was not asked for. */
  readonly scope: string;
}

/** An account with a key of its own. */
export interface Account {
  readonly name: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

/** Makes an account. */
export function account(name: string): Account {
  return { name, ...generateKeyPairSync('ec', { namedCurve: 'P-256' }) };
}

/** A token that an account signs by itself, for one audience. RFC 7519, RFC 7515, ES256. */
export function signedToken({ name, privateKey }: Account, audience: string, nowMs: number): string {
  const now = Math.floor(nowMs / 1_000);
  const claims = { iss: name, sub: name, aud: audience, iat: now, exp: now + 60 };
  const content = `${encoded({ alg: 'ES256', typ: 'JWT' })}.${encoded(claims)}`;
  const key = { key: privateKey, dsaEncoding: 'ieee-p1363' } as const;
  return `${content}.${sign('sha256', Buffer.from(content), key).toString('base64url')}`;
}

/** Gives access tokens to accounts that show a token of their own, and knows both kinds. RFC 7523. */
export class TokenService implements Service<HttpRequest, HttpResponse> {
  readonly #accounts: readonly Account[];
  readonly #given = new Map<string, Caller>();

  constructor(accounts: readonly Account[]) {
    this.#accounts = accounts;
  }

  readonly serve = async (request: HttpRequest): Promise<HttpResponse> => {
    const form = new URLSearchParams(await request.body.text());
    const name = this.#signer(form.get('assertion') ?? '', 'https://tokens.test/');
    if (form.get('grant_type') !== GRANT_TYPE || name === undefined) {
      return HttpResponse.from({ status: 400, body: JSON.stringify({ error: 'invalid_grant' }) });
    }
    const token = randomUUID();
    this.#given.set(token, { name, scope: form.get('scope') ?? '' });
    return HttpResponse.from({ body: JSON.stringify({ access_token: token, token_type: 'Bearer' }) });
  };

  /** Who shows this. @param audience - What tokens of accounts must be for: the end of their `aud`. */
  identify(authorization: string | undefined, audience: string): Caller | undefined {
    const token = /^Bearer (.+)$/.exec(authorization ?? '')?.[1] ?? '';
    const given = this.#given.get(token);
    if (given !== undefined) return given;
    const name = this.#signer(token, audience);
    return name === undefined ? undefined : { name, scope: '' };
  }

  #signer(token: string, audience: string): string | undefined {
    const [head = '', claims = '', signature = ''] = token.split('.');
    if (claims === '') return undefined;
    const { iss, aud, exp } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as Record<string, unknown>; // as we make them
    const known = this.#accounts.find(({ name }) => name === iss);
    if (known === undefined || !String(aud).endsWith(audience) || Number(exp) * 1_000 < Date.now()) return undefined;
    const key = { key: known.publicKey, dsaEncoding: 'ieee-p1363' } as const;
    const isGood = verify('sha256', Buffer.from(`${head}.${claims}`), key, Buffer.from(signature, 'base64url'));
    return isGood ? known.name : undefined;
  }
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** What a token of an account is shown as. */
export const GRANT_TYPE = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
