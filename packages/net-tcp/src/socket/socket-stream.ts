import type { Socket } from 'node:net';
import type { DuplexByteStreamOptions } from '@lamella/net-core';
import { formatAddress } from '@lamella/net-core';
import type { ReadMode } from './read-mode.ts';
import { peerOf } from './socket-address.ts';
import { SocketReader } from './socket-reader.ts';

/** How byte streams of sockets work: the same object for all sockets of a listener, which are many. */
export type SocketStreamOptions = DuplexByteStreamOptions<Socket>;

/** What a byte stream of a socket is made with. */
export interface SocketStreamSetup {
  /** How the socket is read: by shared memory only if it was made with `readOptions`. */
  readonly mode: ReadMode;
  /** Path of a Unix socket, which the socket itself does not tell. */
  readonly path?: string | undefined;
  /** Hears of the end of the socket. */
  readonly onClose?: (socket: Socket) => void;
}

/** Options for sockets of one kind. */
export function socketStreamOptions({ mode, path, onClose }: SocketStreamSetup): SocketStreamOptions {
  return {
    ...(mode === 'shared-memory' ? BY_SHARED_MEMORY : BY_DATA_EVENTS),
    ...(path === undefined ? {} : { describe: () => formatAddress({ type: 'unix', path }) }),
    ...(onClose === undefined ? {} : { onClose }),
  };
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

const BY_DATA_EVENTS: SocketStreamOptions = {
  kind: 'socket',
  describe: describeSocket,
  isKernelSocket: true,
  reset: resetSocket,
};
const BY_SHARED_MEMORY: SocketStreamOptions = {
  ...BY_DATA_EVENTS,
  inbound: (target, socket) => new SocketReader(socket, target),
};
