import type { ByteStream, Connection } from '@lamella/net-core';

/** A hand on the stream below a layer, which goes on as if there were none. */
export interface Tapped {
  /** Keeps the stream of a connection in reach. */
  readonly below: (connection: Connection) => Connection;
  /** The stream. @throws If there is none yet. */
  readonly tap: () => ByteStream;
}

/** Makes a {@link Tapped}. */
export function tapped(): Tapped {
  let seen: ByteStream | undefined;
  return {
    below(connection) {
      seen = connection.stream;
      return connection;
    },
    tap() {
      if (seen === undefined) throw new Error('nobody has connected');
      return seen;
    },
  };
}
