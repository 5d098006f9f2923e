import type { Connection } from '@lamella/net-core';
import type { Clock, Layer, Lifecycle } from '@lamella/service-core';
import { systemClock, UsageError } from '@lamella/service-core';
import { DateLine } from '../codec/head-encoder.ts';
import type { Http1ServerConnectionOptions } from '../connection/http1-server-connection.ts';
import { Http1ServerConnection } from '../connection/http1-server-connection.ts';
import type { HttpRequest } from '../message/http-request.ts';
import type { HttpResponse } from '../message/http-response.ts';
import type { Http1Limits } from '../protocol/http1-limits.ts';
import { fullLimits } from '../protocol/http1-limits.ts';
import type { Http1ServerTimeouts } from '../protocol/http1-server-deadlines.ts';
import { fullServerTimeouts } from '../protocol/http1-server-deadlines.ts';

/** Options of {@link httpServerLayer}. */
export interface HttpServerLayerOptions {
  /** What clients may send. See {@link Http1Limits} for each default. */
  readonly limits?: Partial<Http1Limits>;
  /** How long clients may take. See {@link Http1ServerTimeouts} for each default. */
  readonly timeouts?: Partial<Http1ServerTimeouts>;
  /** Requests after which a connection ends, at least 1. Default 100_000. */
  readonly maxRequestsPerConnection?: number;
  /** Age after which a connection ends with its next response, in milliseconds, greater than 0. Default 3_600_000. */
  readonly maxConnectionAgeMs?: number;
  /**
   * Share of that age by which each connection ends earlier at most, drawn at random, 0 to 1: what was opened together does not end
   * together, and clients spread anew over the servers behind a balancer. Default 0.1.
   */
  readonly connectionAgeJitterRatio?: number;
  /** Source of random numbers, each from 0 up to but not 1. Default `Math.random`. */
  readonly random?: () => number;
  /** Where connections take part in draining. Default: none; then only the connection's own scope ends it early. */
  readonly lifecycle?: Lifecycle;
  /** Source of time. Default: the system clock. */
  readonly clock?: Clock;
  /**
   * Hears of every request whose service rejected, and of every upgraded connection whose handler did. Default: one line on
   * `console.error`. Cancellation because the client went away is no failure.
   */
  readonly onError?: (error: unknown, request: HttpRequest | undefined) => void;
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
  const { maxRequestsPerConnection = 100_000, maxConnectionAgeMs = 3_600_000, clock = systemClock } = options;
  if (!(maxRequestsPerConnection >= 1)) {
    throw new UsageError(`maxRequestsPerConnection must be >= 1, got ${maxRequestsPerConnection}`);
  }
  if (!(maxConnectionAgeMs > 0)) throw new UsageError(`maxConnectionAgeMs must be > 0, got ${maxConnectionAgeMs}`);
  const { connectionAgeJitterRatio = 0.1, random = Math.random } = options;
  if (!(connectionAgeJitterRatio >= 0 && connectionAgeJitterRatio <= 1)) {
    throw new UsageError(`connectionAgeJitterRatio must be 0 to 1, got ${connectionAgeJitterRatio}`);
  }

  const full: Http1ServerConnectionOptions = {
    limits: fullLimits(options.limits),
    timeouts: fullServerTimeouts(options.timeouts),
    maxRequests: maxRequestsPerConnection,
    drawMaxAgeMs: () => jittered(maxConnectionAgeMs, connectionAgeJitterRatio, random),
    clock,
    dateLine: new DateLine(),
    lifecycle: options.lifecycle,
    onError: options.onError ?? reportOnConsole,
  };
  return (inner) => ({
    serve: (connection) => new Http1ServerConnection(connection, inner, full).run(),
  });
}

/** `Infinity` stays what it is. */
function jittered(ageMs: number, ratio: number, random: () => number): number {
  return ageMs === Number.POSITIVE_INFINITY ? ageMs : ageMs * (1 - ratio * random());
}

function reportOnConsole(error: unknown, request: HttpRequest | undefined): void {
  const what = request === undefined ? 'an upgraded connection' : `${request.method} ${request.target.slice(0, 200)}`;
  console.error(`lamella: ${what} failed:`, error);
}
