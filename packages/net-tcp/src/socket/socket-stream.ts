import type { Socket } from 'node:net';
import type { ByteStream } from '@lamella/net-core';
import { byteStreamFromDuplex } from '@lamella/net-core';
import type { SocketReader } from './socket-reader.ts';

/**
 * Makes a byte stream of a connected socket.
 *
 * @remarks
 * A socket that nobody reads does not notice that its peer has ended or broken off; the next read or write does.
 *
 * @param reader - The reader that the socket was made with; without one, its `data` events are used.
 * @param describe - Names the socket in the ledger.
 */
export function socketStream(socket: Socket, reader: SocketReader | undefined, describe: () => string): ByteStream {
  return byteStreamFromDuplex(socket, {
    kind: 'socket',
    describe,
    isKernelSocket: true,
    reset: () => resetSocket(socket),
    ...(reader === undefined ? {} : { inbound: (push) => reader.attach(socket, push) }),
  });
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
