import type { HttpRequestInit } from '@lamella/http';
import { HttpRequest, HttpResponse } from '@lamella/http';
import type { Service } from '@lamella/service-core';
import { FakeClock } from '@lamella/service-core/testing';
import type { HttpCacheLayerOptions, MemoryCacheStore } from '../../src/index.ts';
import { httpCacheLayer, memoryCacheStore } from '../../src/index.ts';

/** What an origin answers; told the number of the request, from 1. */
export type Answer = (request: HttpRequest, count: number) => HttpResponse | Promise<HttpResponse>;

/** What came back, read to its end. */
export interface Got {
  readonly status: number;
  readonly body: string;
  /** The Cache-Status field. */
  readonly cache: string | undefined;
  readonly response: HttpResponse;
}

/** An origin behind a cache, on a clock that stands still. */
export class CachedOrigin {
  readonly clock: FakeClock = new FakeClock();
  /** What the origin was asked. */
  readonly requests: HttpRequest[] = [];
  readonly store: MemoryCacheStore = memoryCacheStore();
  readonly service: Service<HttpRequest, HttpResponse>;

  constructor(answer: Answer, options: HttpCacheLayerOptions = {}) {
    const origin = {
      serve: async (request: HttpRequest): Promise<HttpResponse> => {
        this.requests.push(request);
        return answer(request, this.requests.length);
      },
    };
    this.service = httpCacheLayer({ store: this.store, clock: this.clock, ...options })(origin);
  }

  /** Asks for `path`, and reads the whole answer. */
  async get(path = '/', headers: Record<string, string> = {}, init: Partial<HttpRequestInit> = {}): Promise<Got> {
    const request = HttpRequest.from({ target: `http://origin.test${path}`, headers, ...init });
    const response = await this.service.serve(request);
    const body = await response.body.text();
    return { status: response.status, body, cache: response.headers.get('cache-status'), response };
  }

  pass(seconds: number): void {
    this.clock.advance(seconds * 1000);
  }
}

/** Answers with a text that counts, and the fields that are given. */
export function counting(headers: Record<string, string>): Answer {
  return (_request, count) => HttpResponse.text(`answer ${count}`, { headers });
}

/** Answers with a body of pieces, which is no text at hand. */
export function streaming(headers: Record<string, string>, pieces: readonly string[] = ['one ', 'two']): Answer {
  return () => HttpResponse.from({ headers, body: pieces });
}
