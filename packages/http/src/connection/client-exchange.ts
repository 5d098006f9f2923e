import type { AbortListener } from '@lamella/service-core';
import type { ResponseHead } from '../codec/response-head-decoder.ts';
import type { HttpRequest } from '../message/http-request.ts';
import type { HttpResponse } from '../message/http-response.ts';
import type { ExchangeMarks } from '../timings/exchange-timings.ts';
import type { IncomingBody } from './incoming-body.ts';

/** One request on a client connection, from its head to the end of its response. */
export class ClientExchange implements ExchangeMarks {
  readonly request: HttpRequest;
  /** Settles with the response, or with what broke the exchange off before. */
  readonly response: Promise<HttpResponse>;
  /** Head of the response, once it has come. */
  head: ResponseHead | undefined;
  /** Body of the response, if it has one. */
  body: IncomingBody | undefined;
  /** Bytes of the response so far. */
  bytesIn = 0;
  /** What the connection had written when the exchange began, in bytes. */
  readonly bytesBefore: number;
  /** When it began, on the monotonic clock. */
  readonly beganMs: number;
  /** When all of the request had been given to the connection. */
  sentMs: number | undefined;
  /** When the head of the response came. */
  headMs: number | undefined;
  /** When the response was over, whole or broken off. */
  endedMs: number | undefined;
  /** When the reader of the body was last heard of, on the monotonic clock; `Infinity` while it waits for us. */
  readerSeenMs: number = Number.POSITIVE_INFINITY;
  #isOver = false;
  #isAnswered = false;
  #abort: AbortListener | undefined;
  readonly #settle: { resolve: (response: HttpResponse) => void; reject: (error: unknown) => void };

  constructor(request: HttpRequest, bytesBefore: number, beganMs: number) {
    this.request = request;
    this.beganMs = beganMs;
    this.bytesBefore = bytesBefore;
    const { promise, resolve, reject } = Promise.withResolvers<HttpResponse>();
    this.response = promise;
    this.#settle = { resolve, reject };
  }

  /** Whether nothing of it is left to do. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Whether the caller has its response. */
  get isAnswered(): boolean {
    return this.#isAnswered;
  }

  /** Hears of the caller's abort until the exchange is over. */
  listen(onAbort: (reason: unknown) => void): void {
    this.#abort = this.request.scope.onAbort(onAbort);
  }

  /** Gives the caller its response. */
  answer(response: HttpResponse): void {
    this.#isAnswered = true;
    this.#settle.resolve(response);
  }

  /** Everything is sent and received. */
  finish(): void {
    this.#isOver = true;
    this.#abort?.close();
  }

  /** Breaks the exchange off; whoever waits for something of it hears of `error`. */
  fail(error: unknown): void {
    if (this.#isOver) return;
    this.finish();
    this.request.body.cancel(error);
    this.#settle.reject(error);
    this.body?.fail(error);
  }
}
