import type { UpgradedConnection } from '@lamella/net-core';
import type { ResponseHead } from '../codec/response-head-decoder.ts';
import { HttpBody } from '../message/http-body.ts';
import { HttpResponse } from '../message/http-response.ts';
import { CallStart } from '../timings/call-start.ts';
import { ExchangeTimings } from '../timings/exchange-timings.ts';
import { HttpTimings } from '../timings/http-timings.ts';
import type { ClientExchange } from './client-exchange.ts';

/** What the caller gets. */
export function responseOf(exchange: ClientExchange, head: ResponseHead, upgraded?: UpgradedConnection): HttpResponse {
  const { request, body } = exchange;
  const size = head.contentLength >= 0 ? head.contentLength : undefined;
  return new HttpResponse({
    status: head.status,
    reason: head.reason,
    headers: head.headers,
    body: body?.toHttpBody(size) ?? HttpBody.empty,
    version: head.version,
    upgraded,
    makeExtensions: () => {
      const extensions = request.extensions.fork('response');
      extensions.insert(HttpTimings, new ExchangeTimings(exchange, request.extensions.get(CallStart)));
      return extensions;
    },
  });
}
