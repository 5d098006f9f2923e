import type { Clock, Lifecycle, Service } from '@lamella/service-core';
import { systemClock, UsageError } from '@lamella/service-core';
import { closeGently } from '../connection/close-gently.ts';
import type { Connection } from '../connection/connection.ts';
import type { PeekVerdict } from './peek.ts';
import { peek } from './peek.ts';

/** Says of the first bytes of a connection whether they are of a protocol; `more`: they may be, so far. */
export type ProtocolDetector = (bytes: Uint8Array) => 'yes' | 'no' | 'more';

/** Where connections of one protocol go. */
export interface ProtocolRoute {
  /** Whether it is that protocol, such as {@link isTls}. */
  readonly detect: ProtocolDetector;
  /** Serves them, with all of their bytes. */
  readonly service: Service<Connection, void>;
}

/** Options of {@link protocolRouter}. */
export interface ProtocolRouterOptions {
  /** What may come, the first that says yes gets the connection; at least one. */
  readonly routes: readonly ProtocolRoute[];
  /** Serves what is none of these. Default: it is reset. */
  readonly fallback?: Service<Connection, void>;
  /** Whether a client that is silent, or says too little, for `timeoutMs` goes to the fallback or is reset. Default `'reset'`. */
  readonly onTimeout?: 'fallback' | 'reset';
  /** Longest wait for enough bytes, in milliseconds, greater than 0. Default 10_000. */
  readonly timeoutMs?: number;
  /** Most bytes to look at, at least 1. Default 16_384. */
  readonly maxBytes?: number;
  /** Where connections that have said nothing take part in draining: they are closed. Default: nowhere. */
  readonly lifecycle?: Lifecycle;
  /** Source of time. Default: the system clock. */
  readonly clock?: Clock;
}

/**
 * Serves several protocols on one port: each connection goes where its first bytes say, and keeps all of them.
 *
 * @remarks
 * A route that comes first may wait for more bytes than one behind it: nobody is asked before all in front of it have said no. A connection
 * that ends before its first byte is closed, and no service hears of it.
 *
 * @example
 * const say = (text: string) => serviceFn(({ stream }: Connection) => stream.write([Buffer.from(text)]));
 * const router = protocolRouter({ routes: [{ detect: isTls, service: say('TLS') }], fallback: say('something else') });
 *
 * @throws UsageError at construction if an option is out of its range. The service rejects with TimeoutError if the client was too slow.
 */
export function protocolRouter(options: ProtocolRouterOptions): Service<Connection, void> {
  const { routes, fallback, onTimeout = 'reset', timeoutMs = 10_000, maxBytes = 16_384 } = options;
  if (routes.length === 0) throw new UsageError('routes must name at least one');
  if (!(timeoutMs > 0)) throw new UsageError(`timeoutMs must be > 0, got ${timeoutMs}`);
  if (!(maxBytes >= 1)) throw new UsageError(`maxBytes must be >= 1, got ${maxBytes}`);
  if (onTimeout !== 'fallback' && onTimeout !== 'reset') {
    throw new UsageError(`onTimeout must be 'fallback' or 'reset', got ${JSON.stringify(onTimeout)}`);
  }
  const { lifecycle, clock = systemClock } = options;
  const parts = { clock, ...(lifecycle === undefined ? {} : { lifecycle }) };
  return {
    async serve(connection) {
      const { stream, scope } = connection;
      let isSilent = true;
      const decide = (bytes: Uint8Array): PeekVerdict<Service<Connection, void>> => {
        isSilent = false;
        return decideBy(routes, bytes);
      };
      try {
        const outcome = await peek(stream, decide, {
          maxBytes,
          timeoutMs,
          onTimeout: onTimeout === 'reset' ? 'fail-closed' : 'fail-open',
          signal: scope.signal,
          ...parts,
        });
        if (outcome.type === 'match') return await outcome.value.serve(connection);
        if (outcome.cause === 'drain' || (outcome.cause === 'end' && isSilent)) {
          await closeGently(stream, clock);
          return;
        }
      } catch (error) {
        stream.destroy(error);
        throw error;
      }
      if (fallback === undefined) stream.destroy(new UsageError('nothing here speaks what the client speaks'));
      else await fallback.serve(connection);
    },
  };
}

function decideBy(routes: readonly ProtocolRoute[], bytes: Uint8Array): PeekVerdict<Service<Connection, void>> {
  for (const { detect, service } of routes) {
    const answer = detect(bytes);
    if (answer === 'yes') return { type: 'match', value: service };
    if (answer === 'more') return { type: 'more' };
  }
  return { type: 'reject' };
}
