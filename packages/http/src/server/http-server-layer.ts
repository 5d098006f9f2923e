import type { Connection } from '@lamella/net-core';
import type { Layer } from '@lamella/service-core';
import { DateLine } from '../codec/head-encoder.ts';
import type { Http1ServerConnectionOptions } from '../connection/http1-server-connection.ts';
import { Http1ServerConnection } from '../connection/http1-server-connection.ts';
import type { HttpRequest } from '../message/http-request.ts';
import type { HttpResponse } from '../message/http-response.ts';
import type { Http1Limits } from '../protocol/http1-limits.ts';
import { fullLimits } from '../protocol/http1-limits.ts';
import type { Http1ServerTimeouts } from '../protocol/http1-server-deadlines.ts';
import { fullServerTimeouts } from '../protocol/http1-server-deadlines.ts';
import type { HttpServerOptions } from './server-options.ts';
import { fullHttpServerOptions } from './server-options.ts';

/** Options of {@link httpServerLayer}. */
export interface HttpServerLayerOptions extends HttpServerOptions {
  /** What clients may send. See {@link Http1Limits} for each default. */
  readonly limits?: Partial<Http1Limits>;
  /** How long clients may take. See {@link Http1ServerTimeouts} for each default. */
  readonly timeouts?: Partial<Http1ServerTimeouts>;
}

/**
 * Makes an HTTP/1.x server of a service: connections come in, requests go to the inner service.
 *
 * @remarks
 * Source: RFC 9110 and RFC 9112. Requests of one connection are answered one after the other, pipelined ones included. A
 * service that rejects is answered with an error response (see {@link errorResponse}), a client that breaks a rule with 400 and
 * the like; after that the connection ends. The request's signal fires when the client is gone before its response is complete,
 * and when it is too slow; never on success.
 *
 * @example
 * const server = stack(httpServerLayer(), serviceFn((request: HttpRequest) => HttpResponse.text(`you asked for ${request.path}`)));
 * await serveListener(listener, server);
 *
 * @throws UsageError if an option is out of its range.
 */
export function httpServerLayer(
  options: HttpServerLayerOptions = {},
): Layer<HttpRequest, HttpResponse, Connection, void> {
  const full: Http1ServerConnectionOptions = {
    ...fullHttpServerOptions(options, 100_000, 'an upgraded connection'),
    limits: fullLimits(options.limits),
    timeouts: fullServerTimeouts(options.timeouts),
    dateLine: new DateLine(),
  };
  return (inner) => ({
    serve: (connection) => new Http1ServerConnection(connection, inner, full).run(),
  });
}
