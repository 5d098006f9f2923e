import type { Socket } from 'node:net';
import type { Address, Connection } from '@lamella/net-core';
import { byteStreamFromDuplex, createConnection, LocalAddress, PeerAddress } from '@lamella/net-core';
import { localAddressOf, peerOf } from './socket-address.ts';
import type { SocketStreamOptions } from './socket-stream.ts';

/** Addresses of a socket that are known before it is asked. */
export interface KnownAddresses {
  readonly peer?: Address | undefined;
  readonly local?: Address | undefined;
}

/**
 * Makes a connection of a connected socket, with the addresses of both ends.
 *
 * @remarks
 * A socket that nobody reads does not notice that its peer has ended or broken off; the next read or write does.
 *
 * @param known - Those of a Unix socket, which the socket itself does not tell, or those that need not be asked for.
 */
export function socketConnection(
  socket: Socket,
  options: SocketStreamOptions,
  known: KnownAddresses = NOTHING_KNOWN,
): Connection {
  const { peer = peerOf(socket), local = localAddressOf(socket) } = known;
  const connection = createConnection(byteStreamFromDuplex(socket, options));
  if (peer !== undefined) connection.extensions.insert(PeerAddress, peer);
  if (local !== undefined) connection.extensions.insert(LocalAddress, local);
  return connection;
}

const NOTHING_KNOWN: KnownAddresses = {};
