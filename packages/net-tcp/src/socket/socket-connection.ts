import type { Socket } from 'node:net';
import type { Address, Connection } from '@lamella/net-core';
import {
  createConnection,
  formatAddress,
  LocalAddress,
  PeerAddress,
  socketAddress,
  tryParseIp,
} from '@lamella/net-core';
import type { SocketReader } from './socket-reader.ts';
import { socketStream } from './socket-stream.ts';

/**
 * Makes a connection of a connected socket, with the addresses of both ends.
 *
 * @param path - Path of a Unix socket, which the socket itself does not tell.
 */
export function socketConnection(socket: Socket, reader: SocketReader | undefined, path?: string): Connection {
  const unix: Address | undefined = path === undefined ? undefined : { type: 'unix', path };
  const peer = unix ?? addressOf(socket.remoteAddress, socket.remotePort);
  const local = unix ?? localAddressOf(socket);
  const describe = (): string => (peer === undefined ? 'a socket' : formatAddress(peer));
  const connection = createConnection(socketStream(socket, reader, describe));
  if (peer !== undefined) connection.extensions.insert(PeerAddress, peer);
  if (local !== undefined) connection.extensions.insert(LocalAddress, local);
  return connection;
}

/** All connections of a server have the same one: they share it. */
function localAddressOf({ localAddress, localPort }: Socket): Address | undefined {
  if (localAddress !== lastLocal.ip || localPort !== lastLocal.port) {
    lastLocal = { ip: localAddress, port: localPort, address: addressOf(localAddress, localPort) };
  }
  return lastLocal.address;
}

/** An IPv4 address dressed up as IPv6, as dual-stack sockets show it, is shown as what it is. */
function addressOf(ip: string | undefined, port: number | undefined): Address | undefined {
  const parsed = ip === undefined ? undefined : tryParseIp(ip);
  return parsed === undefined || port === undefined ? undefined : socketAddress(parsed.unmapped().toString(), port);
}

let lastLocal: {
  readonly ip?: string | undefined;
  readonly port?: number | undefined;
  readonly address?: Address | undefined;
} = {};
