import 'reflect-metadata';
import { createHash, createPublicKey, randomUUID, verify } from 'node:crypto';
import type { HttpRequest } from '@lamella/http';
import { HttpResponse } from '@lamella/http';
import type { Clock, Service } from '@lamella/service-core';
import type { CertificateAuthority } from '@lamella/tls';
import { certificateAuthority } from '@lamella/tls';
import { Pkcs10CertificateRequest, SubjectAlternativeNameExtension } from '@peculiar/x509';

/** What the server has to find out: whether the key authorization is where it belongs. */
export type Validate = (challenge: {
  readonly type: string;
  readonly identifier: string;
  readonly token: string;
  readonly keyAuthorization: string;
}) => Promise<boolean>;

/** Options of {@link testAcmeServer}. */
export interface TestAcmeServerOptions {
  readonly clock: Clock;
  readonly validate: Validate;
  readonly challengeTypes?: readonly string[];
  /** How often something is still worked on when it is looked at. */
  readonly slowLooks?: number;
  /** What a look at something that is worked on says in Retry-After. */
  readonly retryAfter?: string;
  readonly validityMs?: number;
  readonly meta?: object;
  /** Answers in place of the server: how it misbehaves. */
  intercept?(call: AcmeCall): HttpResponse | Promise<HttpResponse> | undefined;
}

/** A request that the server has got. */
export interface AcmeCall {
  readonly path: string;
  readonly method: string;
  readonly payload: unknown;
  /** How often this path was asked for before. */
  readonly count: number;
}

/** An ACME server that keeps the rules of RFC 8555, as far as a client can notice. */
export interface TestAcmeServer extends Service<HttpRequest, HttpResponse> {
  readonly authority: CertificateAuthority;
  /** Paths that were asked for, in order. */
  readonly calls: readonly string[];
  readonly accounts: ReadonlyMap<string, { readonly payload?: unknown }>;
  /** The next requests are refused for their nonce, as often as this says. */
  refuseNonces: number;
  /** Forgets all accounts. */
  forgetAccounts(): void;
}

export const ORIGIN = 'https://acme.test';
export const DIRECTORY_URL: string = `${ORIGIN}/dir`;

/** Makes a {@link TestAcmeServer}. */
export async function testAcmeServer(options: TestAcmeServerOptions): Promise<TestAcmeServer> {
  const authority = await certificateAuthority({ clock: options.clock });
  return new MemoryAcmeServer(options, authority);
}

interface Account {
  /** What it was made with. */
  readonly payload?: unknown;
  readonly jwk: Jwk;
  readonly thumbprint: string;
}

interface Jwk {
  readonly crv: string;
  readonly kty: string;
  readonly x: string;
  readonly y: string;
}

interface TestChallenge {
  readonly type: string;
  readonly token: string;
  status: string;
}

interface TestAuthorization {
  readonly identifier: { readonly type: string; readonly value: string };
  readonly isWildcard: boolean;
  readonly challenges: TestChallenge[];
  status: string;
  looks: number;
}

interface TestOrder {
  readonly authorizations: readonly string[];
  readonly identifiers: readonly { readonly type: string; readonly value: string }[];
  status: string;
  looks: number;
  certificate: string | undefined;
}

class Refusal extends Error {
  readonly status: number;
  readonly type: string;

  constructor(status: number, type: string, detail: string) {
    super(detail);
    this.status = status;
    this.type = type;
  }
}

class MemoryAcmeServer implements TestAcmeServer {
  readonly authority: CertificateAuthority;
  readonly calls: string[] = [];
  readonly accounts = new Map<string, Account>();
  refuseNonces = 0;
  readonly #options: TestAcmeServerOptions;
  readonly #nonces = new Set<string>();
  readonly #authorizations = new Map<string, TestAuthorization>();
  readonly #orders = new Map<string, TestOrder>();
  readonly #certificates = new Map<string, string>();

  constructor(options: TestAcmeServerOptions, authority: CertificateAuthority) {
    this.#options = options;
    this.authority = authority;
  }

  forgetAccounts(): void {
    this.accounts.clear();
  }

  readonly serve = async (request: HttpRequest): Promise<HttpResponse> => {
    const { path, method } = request;
    const text = await request.body.text();
    const count = this.calls.filter((known) => known === path).length;
    const payload = method === 'POST' ? tryPayload(text) : undefined;
    const given = await this.#options.intercept?.({ path, method, payload, count });
    this.calls.push(path);
    if (given !== undefined) return given;
    try {
      const answer = await this.#answer(request, text);
      return path === '/dir' ? answer : this.#withNonce(answer);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return this.#withNonce(problem(error.status, error.type, error.message));
    }
  };

  async #answer({ path, method, target }: HttpRequest, text: string): Promise<HttpResponse> {
    if (path === '/dir') {
      const urls = { newNonce: `${ORIGIN}/nonce`, newAccount: `${ORIGIN}/account`, newOrder: `${ORIGIN}/order` };
      return HttpResponse.json({ ...urls, meta: this.#options.meta ?? {} });
    }
    if (path === '/nonce') return HttpResponse.from({ status: method === 'HEAD' ? 200 : 204 });
    if (method !== 'POST') throw new Refusal(405, 'malformed', 'POST it');
    const { account, payload, kid } = this.#opened(text, target);
    if (path === '/account') return this.#newAccount(account, payload);
    if (kid === undefined) throw new Refusal(400, 'malformed', 'no kid');
    if (path === '/order') return this.#newOrder(payload);
    const [, kind, id = ''] = path.split('/');
    if (kind === 'authz') return this.#authorization(id);
    if (kind === 'chall') return this.#challenge(id, account);
    if (kind === 'orders') return this.#order(id);
    if (kind === 'finalize') return this.#finalize(id, payload);
    if (kind === 'cert') {
      const pem = this.#certificates.get(id);
      if (pem === undefined) throw new Refusal(404, 'malformed', 'no such certificate');
      return HttpResponse.from({ body: pem, headers: { 'Content-Type': 'application/pem-certificate-chain' } });
    }
    throw new Refusal(404, 'malformed', 'nothing here');
  }

  /** Checks a JWS: its nonce, its address and its signature. */
  #opened(text: string, target: string): { account: Account; payload: unknown; kid: string | undefined } {
    const jws: { protected: string; payload: string; signature: string } = JSON.parse(text);
    const header: { alg: string; nonce: string; url: string; kid?: string; jwk?: Jwk } = JSON.parse(
      decoded(jws.protected),
    );
    if (header.alg !== 'ES256') throw new Refusal(400, 'badSignatureAlgorithm', header.alg);
    if (header.url !== target) throw new Refusal(401, 'unauthorized', 'another url');
    const isFresh = this.#nonces.delete(header.nonce);
    if (!isFresh || this.refuseNonces > 0) {
      this.refuseNonces--;
      throw new Refusal(400, 'badNonce', 'try again');
    }
    if ((header.kid === undefined) === (header.jwk === undefined)) throw new Refusal(400, 'malformed', 'kid or jwk');
    const known = header.kid === undefined ? undefined : this.accounts.get(header.kid);
    if (header.kid !== undefined && known === undefined) throw new Refusal(400, 'accountDoesNotExist', 'who is that');
    const jwk = header.jwk ?? known?.jwk;
    if (jwk === undefined) throw new Refusal(400, 'malformed', 'no key');
    const key = createPublicKey({ key: { ...jwk }, format: 'jwk' });
    const signed = Buffer.from(`${jws.protected}.${jws.payload}`);
    const signature = Buffer.from(jws.signature, 'base64url');
    if (!verify('sha256', signed, { key, dsaEncoding: 'ieee-p1363' }, signature)) {
      throw new Refusal(400, 'malformed', 'a wrong signature');
    }
    const payload = jws.payload === '' ? undefined : JSON.parse(decoded(jws.payload));
    return { account: { jwk, thumbprint: thumbprintOf(jwk) }, payload, kid: header.kid };
  }

  #newAccount(account: Account, payload: unknown): HttpResponse {
    const known = [...this.accounts].find(([, { thumbprint }]) => thumbprint === account.thumbprint)?.[0];
    const url = known ?? `${ORIGIN}/accounts/${this.accounts.size + 1}`;
    this.accounts.set(url, { ...account, payload });
    return HttpResponse.json(
      { status: 'valid' },
      { status: known === undefined ? 201 : 200, headers: { Location: url } },
    );
  }

  #newOrder(payload: unknown): HttpResponse {
    const { identifiers } = payload as Pick<TestOrder, 'identifiers'>; // the client under test makes it
    const authorizations = identifiers.map(({ type, value }) => {
      const id = randomUUID();
      const types = this.#options.challengeTypes ?? ['http-01', 'tls-alpn-01', 'dns-01'];
      const isWildcard = value.startsWith('*.');
      this.#authorizations.set(id, {
        identifier: { type, value: isWildcard ? value.slice(2) : value },
        isWildcard,
        challenges: types.map((name) => ({ type: name, token: randomUUID().replaceAll('-', ''), status: 'pending' })),
        status: 'pending',
        looks: 0,
      });
      return id;
    });
    const id = randomUUID();
    this.#orders.set(id, { authorizations, identifiers, status: 'pending', looks: 0, certificate: undefined });
    return this.#orderResponse(id, 201);
  }

  #authorization(id: string): HttpResponse {
    const found = this.#authorizations.get(id);
    if (found === undefined) throw new Refusal(404, 'malformed', 'no such authorization');
    const { identifier, isWildcard, challenges, status } = found;
    // As far as others see, it is worked on for a while.
    const isSlow = status !== 'pending' && found.looks++ < (this.#options.slowLooks ?? 0);
    return HttpResponse.json(
      {
        status: isSlow ? 'pending' : status,
        identifier,
        ...(isWildcard ? { wildcard: true } : {}),
        challenges: challenges.map((challenge, index) => ({
          ...challenge,
          url: `${ORIGIN}/chall/${id}.${index}`,
          ...(challenge.status === 'invalid'
            ? { error: { type: 'urn:ietf:params:acme:error:unauthorized', detail: 'it was not there' } }
            : {}),
        })),
      },
      { headers: this.#options.retryAfter === undefined ? {} : { 'Retry-After': this.#options.retryAfter } },
    );
  }

  async #challenge(id: string, { thumbprint }: Account): Promise<HttpResponse> {
    const [authorizationId = '', index = ''] = id.split('.');
    const authorization = this.#authorizations.get(authorizationId);
    const challenge = authorization?.challenges[Number(index)];
    if (authorization === undefined || challenge === undefined)
      throw new Refusal(404, 'malformed', 'no such challenge');
    const { type, token } = challenge;
    const asked = {
      type,
      token,
      identifier: authorization.identifier.value,
      keyAuthorization: `${token}.${thumbprint}`,
    };
    const isThere = await this.#options.validate(asked);
    challenge.status = isThere ? 'valid' : 'invalid';
    authorization.status = challenge.status;
    return HttpResponse.json({ ...challenge, url: `${ORIGIN}/chall/${id}` });
  }

  #order(id: string): HttpResponse {
    const order = this.#orders.get(id);
    if (order === undefined) throw new Refusal(404, 'malformed', 'no such order');
    if (order.status === 'pending') {
      const statuses = order.authorizations.map((authorization) => this.#authorizations.get(authorization)?.status);
      if (statuses.includes('invalid')) order.status = 'invalid';
      else if (statuses.every((status) => status === 'valid')) order.status = 'ready';
    }
    if (order.status === 'processing' && ++order.looks > (this.#options.slowLooks ?? 0)) order.status = 'valid';
    return this.#orderResponse(id, 200);
  }

  async #finalize(id: string, payload: unknown): Promise<HttpResponse> {
    const order = this.#orders.get(id);
    if (order?.status !== 'ready') throw new Refusal(403, 'orderNotReady', 'not yet');
    const { csr } = payload as { csr: string }; // the client under test makes it
    const request = new Pkcs10CertificateRequest(new Uint8Array(Buffer.from(csr, 'base64url')));
    if (!(await request.verify())) throw new Refusal(400, 'badCSR', 'a wrong signature');
    const extension = request.extensions.find((candidate) => candidate instanceof SubjectAlternativeNameExtension);
    const names = extension?.names.items.map(({ value }) => value) ?? [];
    const wanted = order.identifiers.map(({ value }) => value);
    if ([...names].sort().join() !== [...wanted].sort().join()) throw new Refusal(400, 'badCSR', 'other names');
    const { clock, validityMs = 90 * 86_400_000 } = this.#options;
    const key = createPublicKey({ key: Buffer.from(request.publicKey.rawData), format: 'der', type: 'spki' });
    const certificateId = randomUUID();
    const times = { clock, validityMs, backdateMs: 0 };
    this.#certificates.set(certificateId, await this.authority.certify(key, { names, ...times }));
    order.status = 'processing';
    order.certificate = `${ORIGIN}/cert/${certificateId}`;
    return this.#orderResponse(id, 200);
  }

  #orderResponse(id: string, status: number): HttpResponse {
    const order = this.#orders.get(id);
    if (order === undefined) throw new Refusal(404, 'malformed', 'no such order');
    const isValid = order.status === 'valid';
    const body = {
      status: order.status,
      identifiers: order.identifiers,
      authorizations: order.authorizations.map((authorization) => `${ORIGIN}/authz/${authorization}`),
      finalize: `${ORIGIN}/finalize/${id}`,
      ...(isValid ? { certificate: order.certificate } : {}),
      ...(order.status === 'invalid'
        ? { error: { type: 'urn:ietf:params:acme:error:unauthorized', detail: 'no' } }
        : {}),
    };
    const { retryAfter } = this.#options;
    const headers = {
      Location: `${ORIGIN}/orders/${id}`,
      ...(retryAfter === undefined ? {} : { 'Retry-After': retryAfter }),
    };
    return HttpResponse.json(body, { status, headers });
  }

  #withNonce(response: HttpResponse): HttpResponse {
    const nonce = randomUUID().replaceAll('-', '');
    this.#nonces.add(nonce);
    response.headers.set('Replay-Nonce', nonce);
    return response;
  }
}

/** A problem document. */
export function problem(
  status: number,
  type: string,
  detail: string,
  headers: Record<string, string> = {},
): HttpResponse {
  const body = JSON.stringify({ type: `urn:ietf:params:acme:error:${type}`, detail, status });
  return HttpResponse.from({ status, body, headers: { 'Content-Type': 'application/problem+json', ...headers } });
}

function tryPayload(text: string): unknown {
  try {
    return JSON.parse(decoded(JSON.parse(text).payload));
  } catch {
    return undefined;
  }
}

function decoded(text: string): string {
  return Buffer.from(text, 'base64url').toString();
}

function thumbprintOf({ crv, kty, x, y }: Jwk): string {
  return createHash('sha256').update(`{"crv":"${crv}","kty":"${kty}","x":"${x}","y":"${y}"}`).digest('base64url');
}
