import type { HttpResponse } from '@lamella/http';
import { HttpRequest, parseRetryAfter } from '@lamella/http';
import type { Clock, Service } from '@lamella/service-core';
import { LimitError } from '@lamella/service-core';
import { AcmeError } from '../errors.ts';
import { badResponse } from '../messages/fields.ts';
import { problemText, readProblem } from '../messages/problem.ts';
import type { Directory } from '../messages/resources.ts';
import { readDirectory } from '../messages/resources.ts';
import type { AccountKey } from './account-key.ts';
import { signedRequest } from './jws.ts';
import { within } from './waiting.ts';

/** What an {@link AcmeTransport} works with. */
export interface AcmeTransportOptions {
  readonly service: Service<HttpRequest, HttpResponse>;
  readonly directoryUrl: string;
  readonly requestTimeoutMs: number;
  readonly maxResponseBytes: number;
  readonly dangerouslyAcceptHttp: boolean;
  readonly clock: Clock;
}

/** What a server has answered, no failure. */
export interface AcmeAnswer {
  /** Where the resource is that was made. */
  readonly location: string | undefined;
  readonly retryAfterMs: number | undefined;
  /** The content as it came. */
  readonly text: string;
  /** The content as JSON. @throws AcmeError `LML_ERR_ACME_BAD_RESPONSE` if it is none. */
  json(): unknown;
}

/** Who sends, and whether the server knows them already. */
export interface AcmeSender {
  readonly key: AccountKey;
  /** Address of the account. Default: the key itself is sent. */
  readonly kid?: string | undefined;
}

/** Sends signed requests to an ACME server, and keeps its directory and its nonces. RFC 8555 section 6. */
export class AcmeTransport {
  readonly #options: AcmeTransportOptions;
  readonly #nonces: string[] = [];
  #directory: Directory | undefined;

  constructor(options: AcmeTransportOptions) {
    this.#options = options;
  }

  /** The directory of the server, read once. */
  async directory(signal: AbortSignal): Promise<Directory> {
    this.#directory ??= readDirectory((await this.#call('GET', this.#options.directoryUrl, undefined, signal)).json());
    return this.#directory;
  }

  /**
   * Sends a signed request.
   *
   * @param payload - `undefined` to read what is there (POST-as-GET).
   * @throws AcmeError if the server gives no proper answer, or a problem.
   */
  async post(url: string, payload: unknown, sender: AcmeSender, signal: AbortSignal): Promise<AcmeAnswer> {
    for (let attempt = 1; ; attempt++) {
      const nonce = this.#nonces.pop() ?? (await this.#newNonce(signal));
      const body = signedRequest(sender.key, { nonce, url, kid: sender.kid }, payload);
      try {
        return await this.#call('POST', url, body, signal);
      } catch (error) {
        if (!(error instanceof AcmeError && error.problem?.type === 'badNonce')) throw error;
        // Every answer brings a fresh one; a server that takes none of them would go on like this for ever.
        if (attempt === MAX_NONCE_ATTEMPTS)
          throw new AcmeError('LML_ERR_ACME_BAD_NONCE', `the ACME server took none of ${attempt} nonces`, {
            cause: error,
          });
        this.#nonces.splice(0, this.#nonces.length - 1);
      }
    }
  }

  async #newNonce(signal: AbortSignal): Promise<string> {
    const { newNonce } = await this.directory(signal);
    await this.#call('HEAD', newNonce, undefined, signal);
    const nonce = this.#nonces.pop();
    if (nonce === undefined) throw badResponse('it gives no nonce');
    return nonce;
  }

  async #call(method: string, url: string, body: string | undefined, signal: AbortSignal): Promise<AcmeAnswer> {
    const { requestTimeoutMs, clock } = this.#options;
    this.#checkUrl(url);
    return within(requestTimeoutMs, clock, signal, async (given) => {
      const headers = { ...HEADERS, ...(body === undefined ? {} : { 'Content-Type': 'application/jose+json' }) };
      const request = HttpRequest.from({
        method,
        target: url,
        headers,
        signal: given,
        ...(body === undefined ? {} : { body }),
      });
      const response = await this.#options.service.serve(request);
      this.#keepNonce(response.headers.get('replay-nonce'));
      return this.#answerOf(url, response);
    });
  }

  async #answerOf(url: string, response: HttpResponse): Promise<AcmeAnswer> {
    const { status, headers } = response;
    const retryAfter = headers.get('retry-after');
    const retryAfterMs =
      retryAfter === undefined ? undefined : parseRetryAfter(retryAfter, this.#options.clock.epochMs());
    const text = await this.#textOf(response);
    const json = (): unknown => {
      try {
        return JSON.parse(text);
      } catch (cause) {
        throw badResponse('its content is no JSON', cause);
      }
    };
    if (status >= 300 && status < 400)
      throw new AcmeError(
        'LML_ERR_ACME_REDIRECT',
        `the ACME server answers with a redirect, which is not followed: ${status}`,
      );
    if (status >= 400) {
      const isProblem = (headers.get('content-type') ?? '').startsWith('application/problem+json');
      const problem = readProblem(isProblem ? tryJson(text) : undefined, status);
      const message = `the ACME server answers ${status}: ${problemText(problem)}`;
      throw new AcmeError('LML_ERR_ACME_PROBLEM', message, { problem, retryAfterMs, facts: { protocolCode: status } });
    }
    const location = headers.get('location');
    return { location: location === undefined ? undefined : resolved(location, url), retryAfterMs, text, json };
  }

  async #textOf(response: HttpResponse): Promise<string> {
    const { maxResponseBytes } = this.#options;
    try {
      return await response.body.text({ maxBytes: maxResponseBytes });
    } catch (error) {
      if (!(error instanceof LimitError)) throw error;
      throw new AcmeError(
        'LML_ERR_ACME_TOO_LARGE',
        `the ACME server answers with more than ${maxResponseBytes} bytes`,
        { cause: error },
      );
    }
  }

  #keepNonce(nonce: string | undefined): void {
    if (nonce === undefined || !NONCE.test(nonce)) return;
    this.#nonces.push(nonce);
    if (this.#nonces.length > MAX_NONCES) this.#nonces.shift();
  }

  /** @throws AcmeError if it is no address of https. */
  #checkUrl(url: string): void {
    const protocol = URL.canParse(url) ? new URL(url).protocol : undefined;
    if (protocol === 'https:' || (protocol === 'http:' && this.#options.dangerouslyAcceptHttp)) return;
    throw new AcmeError(
      'LML_ERR_ACME_INSECURE',
      `an ACME server is spoken to by https alone, not at ${JSON.stringify(url.slice(0, 100))}`,
    );
  }
}

function resolved(location: string, base: string): string {
  return URL.canParse(location, base) ? new URL(location, base).href : location;
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // what it says is no problem document: the status has to do
  }
}

const HEADERS = { 'User-Agent': 'lamella-acme', 'Accept-Language': 'en' };
const MAX_NONCE_ATTEMPTS = 5;
const MAX_NONCES = 32;
const NONCE = /^[A-Za-z0-9_-]{1,512}$/;
