import type { Socket } from 'node:net';
import type { ByteStream, DuplexByteStreamOptions } from '@lamella/net-core';
import { byteStreamFromDuplex, formatAddress } from '@lamella/net-core';
import type { ReadMode } from './read-mode.ts';
import { peerOf } from './socket-address.ts';
import { SocketReader } from './socket-reader.ts';

/**
 * Makes a byte stream of a connected socket.
 *
 * @remarks
 * A socket that nobody reads does not notice that its peer has ended or broken off; the next read or write does.
 *
 * @param mode - By shared memory only if the socket was made with `readOptions`.
 * @param path - Path of a Unix socket, which the socket itself does not tell.
 */
export function socketStream(socket: Socket, mode: ReadMode, path?: string): ByteStream {
  const options = mode === 'shared-memory' ? BY_SHARED_MEMORY : BY_DATA_EVENTS;
  if (path === undefined) return byteStreamFromDuplex(socket, options);
  return byteStreamFromDuplex(socket, { ...options, describe: () => formatAddress({ type: 'unix', path }) });
}

/** Unix sockets know no reset; their peer sees a plain end. */
function resetSocket(socket: Socket): void {
  const isTcp = socket.localFamily !== undefined;
  if (socket.destroyed || !isTcp) socket.destroy();
  // While the kernel is being told of our end, it takes no reset: Node would report an error and never close the socket.
  else if (isEnding(socket)) socket.once('finish', () => socket.resetAndDestroy());
  else socket.resetAndDestroy();
}

function isEnding(socket: Socket): boolean {
  return socket.writableEnded && socket.writableLength === 0 && !socket.writableFinished;
}

function describeSocket(socket: Socket): string {
  const peer = peerOf(socket);
  return peer === undefined ? 'a socket' : formatAddress(peer);
}

const BY_DATA_EVENTS: DuplexByteStreamOptions<Socket> = {
  kind: 'socket',
  describe: describeSocket,
  isKernelSocket: true,
  reset: resetSocket,
};
const BY_SHARED_MEMORY: DuplexByteStreamOptions<Socket> = {
  ...BY_DATA_EVENTS,
  inbound: (target, socket) => new SocketReader(socket, target),
};
