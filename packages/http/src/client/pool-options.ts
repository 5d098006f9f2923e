import { UsageError } from '@lamella/service-core';

/** How many connections a client keeps, and for how long. */
export interface PoolOptions {
  /**
   * Most connections to one origin, at least 1. Those that finish their requests and take no new ones don't count if they were shared
   * by several, up to as many again. Default 256.
   */
  readonly maxConnectionsPerOrigin: number;
  /** Most connections in all, at least 1; counted as those to one origin. Default 4_096. */
  readonly maxConnections: number;
  /** Most requests that wait for a connection to one origin, at least 0. Default 10_000. */
  readonly maxWaitingPerOrigin: number;
  /** Longest wait for a connection, connecting included, in milliseconds, greater than 0. Default 30_000. */
  readonly acquireTimeoutMs: number;
  /**
   * Time after which an idle connection is closed, in milliseconds, greater than 0. Shorter than common load balancers keep
   * theirs. A server that announces less (`Keep-Alive: timeout`) is believed. Default 50_000.
   */
  readonly idleTimeoutMs: number;
  /** Age after which a connection serves no further request, in milliseconds, greater than 0. Default 3_600_000. */
  readonly maxConnectionAgeMs: number;
}

/** Fills in defaults. @throws UsageError if a value is out of its range. */
export function fullPoolOptions(options: Partial<PoolOptions>): PoolOptions {
  const {
    maxConnectionsPerOrigin = 256,
    maxConnections = 4_096,
    maxWaitingPerOrigin = 10_000,
    acquireTimeoutMs = 30_000,
    idleTimeoutMs = 50_000,
    maxConnectionAgeMs = 3_600_000,
  } = options;
  for (const [name, value] of Object.entries({ maxConnectionsPerOrigin, maxConnections })) {
    if (!(value >= 1)) throw new UsageError(`${name} must be >= 1, got ${value}`);
  }
  for (const [name, value] of Object.entries({ acquireTimeoutMs, idleTimeoutMs, maxConnectionAgeMs })) {
    if (!(value > 0)) throw new UsageError(`${name} must be > 0, got ${value}`);
  }
  if (!(maxWaitingPerOrigin >= 0)) throw new UsageError(`maxWaitingPerOrigin must be >= 0, got ${maxWaitingPerOrigin}`);
  return {
    maxConnectionsPerOrigin,
    maxConnections,
    maxWaitingPerOrigin,
    acquireTimeoutMs,
    idleTimeoutMs,
    maxConnectionAgeMs,
  };
}

/** No limit of numbers: for connections that others which are counted already stand on. */
export const UNLIMITED: Pick<PoolOptions, 'maxConnectionsPerOrigin' | 'maxConnections' | 'maxWaitingPerOrigin'> = {
  maxConnectionsPerOrigin: Number.POSITIVE_INFINITY,
  maxConnections: Number.POSITIVE_INFINITY,
  maxWaitingPerOrigin: Number.POSITIVE_INFINITY,
};
