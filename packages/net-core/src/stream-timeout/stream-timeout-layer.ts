import type { Layer } from '@lamella/service-core';
import type { Connection } from '../connection/connection.ts';
import type { StreamTimeoutOptions } from './timeout-stream.ts';
import { streamTimer } from './timeout-stream.ts';

/**
 * Ends each connection on which nothing moves any more: no byte at all, none of a peer that is waited for, none that a peer takes.
 *
 * @remarks
 * See {@link timeoutStream}, which does the same for the stream of a connection that was made by a connector.
 *
 * @throws UsageError at construction if an option is out of its range.
 *
 * @example
 * const server = stack(
 *   streamTimeoutLayer({ readTimeoutMs: 10_000, writeTimeoutMs: 10_000 }),
 *   serviceFn(async ({ stream }: Connection) => {
 *     await stream.write([(await stream.read()) ?? new Uint8Array(0)]);
 *     await stream.closeWrite();
 *   }),
 * );
 */
export function streamTimeoutLayer(options: StreamTimeoutOptions = {}): Layer<Connection, void> {
  const watch = streamTimer(options);
  return (inner) => ({
    async serve(connection) {
      return inner.serve(connection.withStream(watch(connection.stream)));
    },
  });
}
