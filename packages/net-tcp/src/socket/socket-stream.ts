import type { OnReadOpts, Socket } from 'node:net';
import type { ByteStream, ReadOrigin } from '@lamella/net-core';
import { byteStreamFromDuplex } from '@lamella/net-core';
import type { ReadBuffer } from './read-buffer.ts';
import { bulkReadBuffer, readBuffer } from './read-buffer.ts';

/**
 * Reads a socket into shared memory, without a buffer and an event per chunk.
 *
 * @remarks
 * Made before its socket, whose constructor takes {@link options}; {@link attach} joins the two.
 */
export class SocketReader {
  #push: ((chunk: Uint8Array) => 'kept' | undefined) | undefined;
  #buffer: ReadBuffer = readBuffer;
  #reading: ReadBuffer = readBuffer;
  #socket: Socket | undefined;

  /** The `onread` option of the socket. */
  readonly options: OnReadOpts = {
    buffer: () => {
      this.#reading = this.#buffer;
      return this.#buffer.memory;
    },
    callback: (length, memory) => this.#onRead(memory.subarray(0, length)),
  };

  /** Joins the reader with its socket and with whoever takes the bytes. */
  attach(socket: Socket, push: (chunk: Uint8Array) => 'kept' | undefined): ReadOrigin {
    this.#socket = socket;
    this.#push = push;
    return {
      resume: () => void socket.resume(),
      pause: () => void socket.pause(),
      preferChunks: (bytes) => {
        this.#buffer = bytes !== undefined && bytes > readBuffer.memory.length ? bulkReadBuffer : readBuffer;
      },
      release: () => {
        this.#push = undefined;
      },
    };
  }

  #onRead(chunk: Uint8Array): boolean {
    if (this.#push === undefined) {
      // Released: the socket is an ordinary readable again, for whoever it was handed to.
      return this.#socket?.push(Buffer.from(chunk)) ?? false;
    }
    if (this.#push(chunk) === 'kept') this.#reading.replace();
    return true;
  }
}

/**
 * Makes a byte stream of a connected socket.
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
  if (socket.remoteFamily === undefined) socket.destroy();
  else socket.resetAndDestroy();
}
