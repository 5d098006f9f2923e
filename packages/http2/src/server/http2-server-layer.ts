import type { HttpRequest, HttpResponse, HttpServerOptions, requestScheme } from '@lamella/http';
import { fullHttpServerOptions } from '@lamella/http';
import type { Connection } from '@lamella/net-core';
import type { Layer } from '@lamella/service-core';
import { DateValue } from '../connection/date-value.ts';
import { Http2ServerConnection } from '../connection/http2-server-connection.ts';
import type { Http2ServerConnectionOptions } from '../connection/server-work.ts';
import type { Http2Limits } from '../protocol/http2-limits.ts';
import { fullHttp2Limits } from '../protocol/http2-limits.ts';
import type { Http2Timeouts } from '../protocol/http2-timeouts.ts';
import { fullHttp2Timeouts } from '../protocol/http2-timeouts.ts';

/** Options of {@link http2ServerLayer}. */
export interface Http2ServerLayerOptions extends HttpServerOptions {
  /** What clients may send. See {@link Http2Limits} for each default. */
  readonly limits?: Partial<Http2Limits>;
  /** How long clients may take. See {@link Http2Timeouts} for each default. */
  readonly timeouts?: Partial<Http2Timeouts>;
  /** Whether clients may open WebSockets and the like by extended CONNECT (RFC 8441). Default true. */
  readonly allowsExtendedConnect?: boolean;
  /**
   * Whether `:scheme` is believed though it is not that of the connection: only behind a proxy of yours that ends TLS, speaks HTTP/2 in
   * clear behind that, and tells the scheme of its client. See {@link requestScheme}. Default false: a request for another scheme is one for another
   * place then, as a whole URL is in HTTP/1.1, and the connection alone tells whether its client came by TLS.
   */
  readonly trustsScheme?: boolean;
}

/**
 * Makes an HTTP/2 server of a service: connections come in, requests go to the inner service, many at a time.
 *
 * @remarks
 * Source: RFC 9113, RFC 7541, RFC 8441 and RFC 9218. Every connection must speak HTTP/2 from its first byte on: by prior knowledge,
 * or because TLS has agreed on `h2`. For ports that speak HTTP/1.1 too see {@link autoServerLayer}.
 *
 * Requests look as they do on HTTP/1.1: the authority is the Host field, and an extended CONNECT is an Upgrade.
 *
 * @example
 * const server = stack(http2ServerLayer(), serviceFn((request: HttpRequest) => HttpResponse.text(`you asked for ${request.path}`)));
 * await serveListener(listener, server);
 *
 * @throws UsageError if an option is out of its range.
 */
export function http2ServerLayer(
  options: Http2ServerLayerOptions = {},
): Layer<HttpRequest, HttpResponse, Connection, void> {
  const full: Http2ServerConnectionOptions = {
    ...fullHttpServerOptions(options, 1_000_000, 'an HTTP/2 connection'),
    limits: fullHttp2Limits(options.limits),
    timeouts: fullHttp2Timeouts('server', options.timeouts),
    allowsExtendedConnect: options.allowsExtendedConnect ?? true,
    trustsScheme: options.trustsScheme ?? false,
    dateValue: new DateValue(),
  };
  return (inner) => ({
    serve: (connection) => new Http2ServerConnection(connection, inner, full).run(),
  });
}
