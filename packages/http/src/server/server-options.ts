import type { Clock, Lifecycle } from '@lamella/service-core';
import { failureSink, systemClock, UsageError } from '@lamella/service-core';
import type { HttpRequest } from '../message/http-request.ts';

/** Options that servers of each version of HTTP have. */
export interface HttpServerOptions {
  /** Requests after which a connection ends, at least 1. Default: 100_000 by HTTP/1.1, 1_000_000 by HTTP/2. */
  readonly maxRequestsPerConnection?: number;
  /**
   * Age after which a connection takes no more requests, in milliseconds, greater than 0: by HTTP/1.1 it ends with its next response, by
   * HTTP/2 it says GOAWAY. Event streams end then, and clients have them begin anew elsewhere. Default 3_600_000.
   */
  readonly maxConnectionAgeMs?: number;
  /**
   * Share of that age by which each connection ends earlier at most, drawn at random, 0 to 1: what was opened together does not end
   * together, and clients spread anew over the servers behind a balancer. Default 0.1.
   */
  readonly connectionAgeJitterRatio?: number;
  /**
   * How long what is under way then may take to its end, in milliseconds, at least 0; what is left ends with the connection.
   * Default `Infinity`: a long download, call or tunnel costs no more on an old connection than on a new one, so only a server that must
   * have everybody come back from time to time has a reason to cut it off.
   */
  readonly connectionAgeGraceMs?: number;
  /** Source of random numbers, each from 0 up to but not 1. Default `Math.random`. */
  readonly random?: () => number;
  /** Where connections take part in draining. Default: none; then only the connection's own scope ends it early. */
  readonly lifecycle?: Lifecycle;
  /** Source of time. Default: the system clock. */
  readonly clock?: Clock;
  /**
   * Hears of every request whose service rejected, of every upgraded connection or tunnel whose handler did, and, by HTTP/2, of every
   * client that broke a rule of the connection. Default: `console.error`. Cancellation because the client went away is no
   * failure.
   */
  readonly onError?: (error: unknown, request: HttpRequest | undefined) => void;
}

/** {@link HttpServerOptions} with nothing left open. */
export interface HttpServerTerms {
  /** Requests after which a connection ends. */
  readonly maxRequests: number;
  /** Draws the age after which a connection takes no more requests, in milliseconds. */
  readonly drawMaxAgeMs: () => number;
  /** How long what is under way then may take, in milliseconds. */
  readonly connectionAgeGraceMs: number;
  readonly clock: Clock;
  /** Where the connection takes part in draining. */
  readonly lifecycle: Lifecycle | undefined;
  readonly onError: (error: unknown, request: HttpRequest | undefined) => void;
}

/**
 * Fills in the defaults of a server.
 *
 * @param defaultMaxRequests - Default of `maxRequestsPerConnection`.
 * @param unnamed - What a failure without a request is called on the console.
 * @throws UsageError if an option is out of its range.
 */
export function fullHttpServerOptions(
  options: HttpServerOptions,
  defaultMaxRequests: number,
  unnamed: string,
): HttpServerTerms {
  const {
    maxRequestsPerConnection = defaultMaxRequests,
    maxConnectionAgeMs = 3_600_000,
    clock = systemClock,
  } = options;
  const {
    connectionAgeJitterRatio = 0.1,
    connectionAgeGraceMs = Number.POSITIVE_INFINITY,
    random = Math.random,
  } = options;
  if (!(maxRequestsPerConnection >= 1)) {
    throw new UsageError(`maxRequestsPerConnection must be >= 1, got ${maxRequestsPerConnection}`);
  }
  if (!(maxConnectionAgeMs > 0)) throw new UsageError(`maxConnectionAgeMs must be > 0, got ${maxConnectionAgeMs}`);
  if (!(connectionAgeJitterRatio >= 0 && connectionAgeJitterRatio <= 1)) {
    throw new UsageError(`connectionAgeJitterRatio must be 0 to 1, got ${connectionAgeJitterRatio}`);
  }
  if (!(connectionAgeGraceMs >= 0))
    throw new UsageError(`connectionAgeGraceMs must be >= 0, got ${connectionAgeGraceMs}`);
  return {
    maxRequests: maxRequestsPerConnection,
    drawMaxAgeMs: () => jittered(maxConnectionAgeMs, connectionAgeJitterRatio, random),
    connectionAgeGraceMs,
    clock,
    lifecycle: options.lifecycle,
    onError: failureSink(options.onError, (request) =>
      request === undefined ? unnamed : `${request.method} ${request.target.slice(0, 200)}`,
    ),
  };
}

/** `Infinity` stays what it is. */
function jittered(ageMs: number, ratio: number, random: () => number): number {
  return ageMs === Number.POSITIVE_INFINITY ? ageMs : ageMs * (1 - ratio * random());
}
