import { UsageError } from '@lamella/service-core';
import { Http1ClientConnection } from '../connection/http1-client-connection.ts';
import type { Http1ClientTimeouts } from '../protocol/http1-client-deadlines.ts';
import { fullClientTimeouts } from '../protocol/http1-client-deadlines.ts';
import type { Http1Limits } from '../protocol/http1-limits.ts';
import { fullLimits } from '../protocol/http1-limits.ts';
import type { HttpProtocol } from './http-connection.ts';

/** Options of {@link http1}. */
export interface Http1Options {
  /** What servers may send. See {@link Http1Limits} for each default. */
  readonly limits?: Partial<Http1Limits>;
  /** How long servers may take. See {@link Http1ClientTimeouts} for each default. */
  readonly timeouts?: Partial<Http1ClientTimeouts>;
  /** Most interim responses to one request, at least 0. Default 32. */
  readonly maxInformational?: number;
  /** Time after which a response body that nobody reads is given up, in milliseconds, greater than 0. Default 30_000. */
  readonly bodyIdleTimeoutMs?: number;
}

/**
 * HTTP/1.1 as a protocol for clients.
 *
 * @example
 * const client = createHttpClient({ connector: tcpConnector(), protocols: [http1()] });
 *
 * @throws UsageError if an option is out of its range.
 */
export function http1(options: Http1Options = {}): HttpProtocol {
  const { maxInformational = 32, bodyIdleTimeoutMs = 30_000 } = options;
  if (!(maxInformational >= 0)) throw new UsageError(`maxInformational must be >= 0, got ${maxInformational}`);
  if (!(bodyIdleTimeoutMs > 0)) throw new UsageError(`bodyIdleTimeoutMs must be > 0, got ${bodyIdleTimeoutMs}`);
  const limits = fullLimits(options.limits);
  const timeouts = fullClientTimeouts(options.timeouts);
  return {
    name: 'http/1.1',
    open: (connection, { isToProxy, clock }) =>
      new Http1ClientConnection(connection, {
        limits,
        timeouts,
        maxInformational,
        bodyIdleTimeoutMs,
        isToProxy,
        clock,
      }),
  };
}
