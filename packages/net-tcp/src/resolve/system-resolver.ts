import { lookup } from 'node:dns';
import type { IpAddress, Resolver } from '@lamella/net-core';
import { ConnectError, tryParseIp } from '@lamella/net-core';
import type { Clock } from '@lamella/service-core';
import { systemClock, TimeoutError, UsageError } from '@lamella/service-core';
import { systemCodeOf } from '../errors.ts';

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
      const timer = clock.startTimer(timeoutMs, () => reject(timedOut(domain.name, timeoutMs)));
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

function toResolveError(error: unknown, name: string): ConnectError {
  const protocolCode = systemCodeOf(error);
  const facts = { layer: 'dns', peer: name, protocolCode };
  const options = { phase: 'resolve', facts, cause: error } as const;
  return protocolCode === 'ENOTFOUND'
    ? new ConnectError('LML_ERR_CONNECT_NAME_NOT_FOUND', `${name} does not exist`, options)
    : new ConnectError(
        'LML_ERR_CONNECT_NAME_LOOKUP_FAILED',
        `${name} could not be looked up (${protocolCode})`,
        options,
      );
}

function timedOut(name: string, timeoutMs: number): ConnectError {
  const facts = { layer: 'dns', peer: name };
  const cause = new TimeoutError({ limit: 'timeoutMs', timeoutMs, facts: { phase: 'resolve', peer: name } });
  const message = `${name} could not be looked up within ${timeoutMs} ms`;
  return new ConnectError('LML_ERR_CONNECT_NAME_LOOKUP_FAILED', message, { phase: 'resolve', facts, cause });
}
