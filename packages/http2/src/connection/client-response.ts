import type { ExchangeMarks, HttpHeaders, HttpRequest } from '@lamella/http';
import {
  CallStart,
  ExchangeTimings,
  HttpBody,
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

/** A body that is all here. @param bytes - Its content, borrowed. */
export function wholeBody(bytes: Uint8Array | undefined, trailers: HttpHeaders | undefined): HttpBody {
  if (bytes === undefined && trailers === undefined) return HttpBody.empty;
  const copy = new Uint8Array(bytes ?? NOTHING);
  return trailers === undefined ? HttpBody.from(copy) : HttpBody.from(copy, { trailers: () => trailers });
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

const NOTHING = new Uint8Array(0);
