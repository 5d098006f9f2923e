import type { HttpRequest, HttpResponse } from '@lamella/http';
import type { Connection } from '@lamella/net-core';
import type { Clock, Layer, Lifecycle } from '@lamella/service-core';
import { systemClock, UsageError } from '@lamella/service-core';
import { DateValue } from '../connection/date-value.ts';
import type { Http2ServerConnectionOptions } from '../connection/http2-server-connection.ts';
import { Http2ServerConnection } from '../connection/http2-server-connection.ts';
import type { Http2Limits } from '../protocol/http2-limits.ts';
import { fullHttp2Limits } from '../protocol/http2-limits.ts';
import type { Http2Timeouts } from '../protocol/http2-timeouts.ts';
import { fullHttp2Timeouts } from '../protocol/http2-timeouts.ts';

/** Options of {@link http2ServerLayer}. */
export interface Http2ServerLayerOptions {
  /** What clients may send. See {@link Http2Limits} for each default. */
  readonly limits?: Partial<Http2Limits>;
  /** How long clients may take. See {@link Http2Timeouts} for each default. */
  readonly timeouts?: Partial<Http2Timeouts>;
  /** Whether clients may open WebSockets and the like by extended CONNECT (RFC 8441). Default true. */
  readonly allowsExtendedConnect?: boolean;
  /** Requests after which a connection takes no more, at least 1. Default 1_000_000. */
  readonly maxRequestsPerConnection?: number;
  /** Age after which a connection takes no more requests, in milliseconds, greater than 0. Default 3_600_000. */
  readonly maxConnectionAgeMs?: number;
  /** Share of that age by which each connection ends earlier at most, drawn at random, 0 to 1. Default 0.1. */
  readonly connectionAgeJitterRatio?: number;
  /** Source of random numbers, each from 0 up to but not 1. Default `Math.random`. */
  readonly random?: () => number;
  /** Where connections take part in draining. Default: none; then only the connection's own scope ends it early. */
  readonly lifecycle?: Lifecycle;
  /** Source of time. Default: the system clock. */
  readonly clock?: Clock;
  /**
   * Hears of every request whose service rejected, of every tunnel whose handler did, and of every client that broke a rule of the
   * connection. Default: one line on `console.error`. Cancellation because the client went away is no failure.
   */
  readonly onError?: (error: unknown, request: HttpRequest | undefined) => void;
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
  const { maxRequestsPerConnection = 1_000_000, maxConnectionAgeMs = 3_600_000, clock = systemClock } = options;
  if (!(maxRequestsPerConnection >= 1)) {
    throw new UsageError(`maxRequestsPerConnection must be >= 1, got ${maxRequestsPerConnection}`);
  }
  if (!(maxConnectionAgeMs > 0)) throw new UsageError(`maxConnectionAgeMs must be > 0, got ${maxConnectionAgeMs}`);
  const { connectionAgeJitterRatio = 0.1, random = Math.random } = options;
  if (!(connectionAgeJitterRatio >= 0 && connectionAgeJitterRatio <= 1)) {
    throw new UsageError(`connectionAgeJitterRatio must be 0 to 1, got ${connectionAgeJitterRatio}`);
  }
  const full: Http2ServerConnectionOptions = {
    limits: fullHttp2Limits(options.limits),
    timeouts: fullHttp2Timeouts('server', options.timeouts),
    allowsExtendedConnect: options.allowsExtendedConnect ?? true,
    maxRequests: maxRequestsPerConnection,
    drawMaxAgeMs: () => maxConnectionAgeMs * (1 - connectionAgeJitterRatio * random()),
    clock,
    dateValue: new DateValue(),
    lifecycle: options.lifecycle,
    onError: options.onError ?? reportOnConsole,
  };
  return (inner) => ({
    serve: (connection) => new Http2ServerConnection(connection, inner, full).run(),
  });
}

function reportOnConsole(error: unknown, request: HttpRequest | undefined): void {
  const what = request === undefined ? 'an HTTP/2 connection' : `${request.method} ${request.target.slice(0, 200)}`;
  console.error(`lamella: ${what} failed:`, error);
}
