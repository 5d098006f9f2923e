import type { Layer } from '@lamella/service-core';
import type { Connection } from '../connection/connection.ts';
import type { ThrottleOptions } from './throttle-stream.ts';
import { throttler } from './throttle-stream.ts';

/**
 * Limits how fast each connection receives and sends, and, with shared budgets, how fast all of them do together.
 *
 * @remarks
 * See {@link throttleStream}, which does the same for the stream of a connection that was made by a connector.
 *
 * @throws UsageError at construction if an option is out of its range.
 *
 * @example
 * const uplink = new BandwidthBudget({ bytesPerSecond: 10_000_000 });
 * const server = stack(
 *   throttleLayer({ readBytesPerSecond: 100_000, writeBytesPerSecond: 1_000_000, writeBudget: uplink }),
 *   serviceFn(async ({ stream }: Connection) => {
 *     await stream.write([new Uint8Array(1_000)]);
 *     await stream.closeWrite();
 *   }),
 * );
 */
export function throttleLayer(options: ThrottleOptions): Layer<Connection, void> {
  const throttle = throttler(options);
  return (inner) => ({
    async serve(connection) {
      return inner.serve(connection.withStream(throttle(connection.stream)));
    },
  });
}
