import type { ExchangeMarks, HttpBody, HttpHeaders, HttpRequest } from '@lamella/http';
import {
  CallStart,
  ExchangeTimings,
  HttpResponse,
  HttpTimings,
  headersOfValidFields,
  reasonPhrase,
} from '@lamella/http';
import type { UpgradedConnection } from '@lamella/net-core';
import type { Http2ResponseHead } from '../protocol/message-fields.ts';

/** The fields of a response. */
export function headersOf({ fields, neverIndexed }: Http2ResponseHead): HttpHeaders {
  return headersOfValidFields(fields, neverIndexed);
}

/** What the caller gets. */
export function responseOf(
  exchange: ExchangeMarks & { readonly request: HttpRequest },
  status: number,
  headers: HttpHeaders,
  body: HttpBody,
  upgraded?: UpgradedConnection,
): HttpResponse {
  const { request } = exchange;
  return new HttpResponse({
    status,
    reason: reasonPhrase(status),
    headers,
    body,
    version: '2',
    upgraded,
    makeExtensions: () => {
      const extensions = request.extensions.fork('response');
      extensions.insert(HttpTimings, new ExchangeTimings(exchange, request.extensions.get(CallStart)));
      return extensions;
    },
  });
}
