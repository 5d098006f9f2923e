import type { Layer } from '@lamella/service-core';
import { countBytes } from '../bytes/byte-counts.ts';
import type { Connection } from './connection.ts';
import { ConnectionBytes } from './keys.ts';

/**
 * Counts the bytes of each connection, and shows the counts under {@link ConnectionBytes}.
 *
 * @remarks
 * Stands where the counting shall happen: outside of TLS it counts bytes on the wire, inside of it those of the application.
 */
export function byteCountLayer(): Layer<Connection, void> {
  return (inner) => ({
    serve(connection) {
      const { stream, counts } = countBytes(connection.stream);
      connection.extensions.insert(ConnectionBytes, counts);
      return inner.serve(connection.withStream(stream));
    },
  });
}
