import type { Connector, Resolver } from '@lamella/net-core';
import type { Clock } from '@lamella/service-core';
import { systemClock, UsageError } from '@lamella/service-core';
import { ConnectRace } from './connect-race.ts';

/** Options of {@link happyEyeballsConnector}. */
export interface HappyEyeballsOptions {
  /** Finds the addresses of names. */
  readonly resolver: Resolver;
  /** Connects to one address. */
  readonly connector: Connector;
  /** How long IPv4 addresses that came first wait for IPv6 ones, in milliseconds, at least 0. Default 50. */
  readonly resolutionDelayMs?: number;
  /** How long one attempt has before the next one starts beside it, in milliseconds, greater than 0. Default 250. */
  readonly attemptDelayMs?: number;
  /** Most addresses to try, at least 1. Default 16. */
  readonly maxAddresses?: number;
  /** Source of time. Default: the system clock. */
  readonly clock?: Clock;
}

/**
 * Connects to names: looks up IPv6 and IPv4 addresses side by side, and tries them overlapping until one answers.
 *
 * @remarks
 * Source: RFC 8305. IPv6 goes first, families alternate. A slow attempt is not given up when the next one starts: whichever answers
 * first wins, and the others are closed. An attempt that fails starts the next one at once. If all fail, one error names them all.
 * Addresses and Unix sockets go straight to the inner connector.
 *
 * @throws UsageError if an option is out of its range.
 */
export function happyEyeballsConnector(options: HappyEyeballsOptions): Connector {
  const { resolver, connector, resolutionDelayMs = 50, attemptDelayMs = 250, maxAddresses = 16 } = options;
  const { clock = systemClock } = options;
  if (!(resolutionDelayMs >= 0)) throw new UsageError(`resolutionDelayMs must be >= 0, got ${resolutionDelayMs}`);
  if (!(attemptDelayMs > 0)) throw new UsageError(`attemptDelayMs must be > 0, got ${attemptDelayMs}`);
  if (!(maxAddresses >= 1)) throw new UsageError(`maxAddresses must be >= 1, got ${maxAddresses}`);
  const rules = { resolver, connector, resolutionDelayMs, attemptDelayMs, maxAddresses, clock };

  return {
    serve(request) {
      const { target } = request;
      if (target.type === 'unix' || target.host.type === 'ip') return connector.serve(request);
      return new ConnectRace(request, target.host, target.port, rules).run();
    },
  };
}
