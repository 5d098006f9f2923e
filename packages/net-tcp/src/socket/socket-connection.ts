import type { Socket } from 'node:net';
import type { Address, Connection } from '@lamella/net-core';
import { createConnection, LocalAddress, PeerAddress } from '@lamella/net-core';
import type { ReadMode } from './read-mode.ts';
import { localAddressOf, peerOf } from './socket-address.ts';
import { socketStream } from './socket-stream.ts';

/**
 * Makes a connection of a connected socket, with the addresses of both ends.
 *
 * @param path - Path of a Unix socket, which the socket itself does not tell.
 */
export function socketConnection(socket: Socket, mode: ReadMode, path?: string): Connection {
  const unix: Address | undefined = path === undefined ? undefined : { type: 'unix', path };
  const peer = unix ?? peerOf(socket);
  const local = unix ?? localAddressOf(socket);
  const connection = createConnection(socketStream(socket, mode, path));
  if (peer !== undefined) connection.extensions.insert(PeerAddress, peer);
  if (local !== undefined) connection.extensions.insert(LocalAddress, local);
  return connection;
}
