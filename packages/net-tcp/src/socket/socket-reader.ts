import type { OnReadOpts, Socket } from 'node:net';
import type { ChunkTarget, ReadOrigin } from '@lamella/net-core';
import { LARGE_PIECE_BYTES, landing, PIECE_BYTES, readMemory } from './read-memory.ts';

/**
 * Reads a socket into memory of ours, without a buffer and an event per chunk.
 *
 * @remarks
 * The socket has to be made with {@link readOptions}. A read that fills the shared
 * memory is the sign of a bulk transfer: from then on the socket reads into a piece lent to it alone, as long as the reads
 * would fill the shared memory. So many idle sockets hold no memory, and busy ones copy nothing.
 */
export class SocketReader implements ReadOrigin {
  readonly #socket: ReadSocket;
  #target: ChunkTarget | undefined;
  /** Where Node reads. It asks for it after each read, and at no other time: so it changes only while a read is handled. */
  #memory: Buffer = landing;
  #pieceBytes = PIECE_BYTES;
  #returnsAtClose = false;

  /** @param target - Takes the bytes. */
  constructor(socket: Socket, target: ChunkTarget) {
    this.#socket = socket;
    this.#target = target;
    this.#socket[READER] = this;
  }

  /** Where the socket is to read next. */
  get memory(): Buffer {
    return this.#memory;
  }

  resume(): void {
    this.#socket.read(0); // starts the handle; `resume` would start the machinery of events as well
  }

  pause(): void {
    this.#socket.pause();
  }

  preferChunks(byteCount: number | undefined): void {
    this.#pieceBytes = byteCount !== undefined && byteCount > PIECE_BYTES ? LARGE_PIECE_BYTES : PIECE_BYTES;
  }

  giveBack(chunk: Uint8Array): void {
    readMemory.recover(chunk);
  }

  /** Makes the socket an ordinary readable again, for whoever it is handed to. */
  release(): void {
    this.#socket.pause();
    this.#target = undefined;
  }

  /** @returns Whether Node shall go on reading. */
  onRead(byteCount: number): boolean {
    const memory = this.#memory;
    if (this.#target === undefined) return this.#onReadAfterRelease(memory, byteCount);
    if (memory === landing) this.#onLandingRead(this.#target, byteCount);
    else this.#onPieceRead(this.#target, memory, byteCount);
    return true;
  }

  #onLandingRead(target: ChunkTarget, byteCount: number): void {
    target.push(copyOf(landing, byteCount), true);
    if (byteCount === landing.length) this.#borrow();
  }

  #onPieceRead(target: ChunkTarget, piece: Buffer, byteCount: number): void {
    const isKept = target.push(piece.subarray(0, byteCount)) === 'kept';
    const isBulk = byteCount >= landing.length;
    if (isBulk && !isKept && piece.length === this.#pieceBytes) return;
    this.#leave(piece, isKept ? byteCount : 0);
    if (isBulk) this.#borrow();
  }

  #onReadAfterRelease(memory: Buffer, byteCount: number): boolean {
    const copy = copyOf(memory, byteCount);
    this.#leave(memory, 0);
    return this.#socket.push(copy);
  }

  /** The next read goes to a piece of its own, if there is one to be had. */
  #borrow(): void {
    this.#memory = readMemory.lend(this.#pieceBytes) ?? landing;
    if (this.#returnsAtClose || this.#memory === landing) return;
    this.#returnsAtClose = true; // listened for only now: an idle connection has no use for it
    this.#socket.on('close', () => this.#leave(this.#memory, 0));
  }

  #leave(memory: Buffer, bytesKept: number): void {
    this.#memory = landing;
    if (memory === landing) return;
    if (bytesKept > 0) readMemory.forget(memory, bytesKept);
    else readMemory.giveBack(memory);
  }
}

/** Under which a socket knows its reader. */
const READER: unique symbol = Symbol('lamella socket reader');

type ReadSocket = Socket & { [READER]?: SocketReader };

/**
 * The `onread` option of every socket that is to have a {@link SocketReader}.
 *
 * @remarks
 * The same functions for all, since most sockets of a server are idle, and two closures on each would weigh something. Node calls
 * `callback` as a member of the socket, and asks `buffer` for the memory of the next read right behind it.
 */
export const readOptions: OnReadOpts = {
  buffer() {
    const memory = nextMemory;
    nextMemory = landing;
    return memory;
  },
  callback(this: ReadSocket, byteCount: number): boolean {
    const reader = this[READER];
    if (reader === undefined) return this.push(copyOf(landing, byteCount)); // an ordinary socket so far
    const goesOn = reader.onRead(byteCount);
    nextMemory = reader.memory;
    return goesOn;
  },
};

let nextMemory = landing;

/** Small copies come from the shared pool of `Buffer`. */
function copyOf(memory: Buffer, byteCount: number): Buffer {
  const copy = Buffer.allocUnsafe(byteCount);
  memory.copy(copy, 0, 0, byteCount);
  return copy;
}
