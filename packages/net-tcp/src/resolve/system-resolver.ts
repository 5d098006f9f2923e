import { lookup } from 'node:dns';
import type { IpAddress, Resolver } from '@lamella/net-core';
import { tryParseIp } from '@lamella/net-core';
import type { Clock } from '@lamella/service-core';
import { systemClock, UsageError } from '@lamella/service-core';
import { systemCodeOf } from '../errors.ts';
import { lookupTimedOut, toResolveError } from './resolve-error.ts';

/** Options of {@link systemResolver}. */
export interface SystemResolverOptions {
  /** Longest wait for an answer, in milliseconds, greater than 0. Default 5_000. */
  readonly timeoutMs?: number;
  /** Source of time. Default: the system clock. */
  readonly clock?: Clock;
}

/**
 * Looks names up as the system does (`getaddrinfo`): hosts file, DNS, and whatever else is configured.
 *
 * @remarks
 * The system can't be told to stop: a lookup that was given up goes on in a thread of Node's pool, and its answer is thrown away.
 *
 * @throws UsageError if an option is out of its range; ConnectError of phase `resolve` when resolving.
 */
export function systemResolver(options: SystemResolverOptions = {}): Resolver {
  const { timeoutMs = 5_000, clock = systemClock } = options;
  if (!(timeoutMs > 0)) throw new UsageError(`timeoutMs must be > 0, got ${timeoutMs}`);
  return {
    async serve(request) {
      const { scope, domain, family } = request;
      scope.throwIfAborted();
      const { promise, resolve, reject } = Promise.withResolvers<readonly IpAddress[]>();
      const timer = clock.startTimer(timeoutMs, () => reject(lookupTimedOut(domain.name, timeoutMs)));
      const listener = scope.onAbort(reject);
      lookup(domain.name, { family, all: true, order: 'verbatim' }, (error, addresses) => {
        if (error === null) resolve(addresses.flatMap(({ address }) => tryParseIp(address) ?? []));
        else if (systemCodeOf(error) === 'ENODATA') resolve([]);
        else reject(toResolveError(error, domain.name));
      });
      try {
        return await promise;
      } finally {
        timer.cancel();
        listener.close();
      }
    },
  };
}
