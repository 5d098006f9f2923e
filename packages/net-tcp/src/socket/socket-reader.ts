import type { OnReadOpts, Socket } from 'node:net';
import type { ReadOrigin } from '@lamella/net-core';
import { LARGE_PIECE_BYTES, landing, PIECE_BYTES, readMemory } from './read-memory.ts';

/** Takes what was read; the `push` of a `ReadSide`. */
export type Push = (chunk: Uint8Array, isGiven?: boolean) => 'kept' | undefined;

/**
 * Reads a socket into memory of ours, without a buffer and an event per chunk.
 *
 * @remarks
 * Made before its socket, whose constructor takes {@link options}; {@link attach} joins the two. A read that fills the shared
 * memory is the sign of a bulk transfer: from then on the socket reads into a piece lent to it alone, as long as the reads
 * would fill the shared memory. So many idle sockets hold no memory, and busy ones copy nothing.
 */
export class SocketReader implements ReadOrigin {
  /** The `onread` option of the socket. */
  readonly options: OnReadOpts = { buffer: () => this.#memory, callback: (byteCount) => this.#onRead(byteCount) };
  /** Where Node reads. It asks for it after each read, and at no other time: so it changes only while a read is handled. */
  #memory: Buffer = landing;
  #pieceBytes = PIECE_BYTES;
  #returnsAtClose = false;
  #socket: Socket | undefined;
  #push: Push | undefined;

  /** Joins the reader with its socket and with whoever takes the bytes. */
  attach(socket: Socket, push: Push): ReadOrigin {
    this.#socket = socket;
    this.#push = push;
    return this;
  }

  resume(): void {
    this.#socket?.read(0); // starts the handle; `resume` would start the machinery of events as well
  }

  pause(): void {
    this.#socket?.pause();
  }

  preferChunks(byteCount: number | undefined): void {
    this.#pieceBytes = byteCount !== undefined && byteCount > PIECE_BYTES ? LARGE_PIECE_BYTES : PIECE_BYTES;
  }

  giveBack(chunk: Uint8Array): void {
    readMemory.recover(chunk);
  }

  /** Makes the socket an ordinary readable again, for whoever it is handed to. */
  release(): void {
    this.#socket?.pause();
    this.#push = undefined;
  }

  /** @returns Whether Node shall go on reading. */
  #onRead(byteCount: number): boolean {
    const memory = this.#memory;
    if (this.#push === undefined) return this.#onReadAfterRelease(memory, byteCount);
    if (memory === landing) this.#onLandingRead(this.#push, byteCount);
    else this.#onPieceRead(this.#push, memory, byteCount);
    return true;
  }

  #onLandingRead(push: Push, byteCount: number): void {
    push(copyOf(landing, byteCount), true);
    if (byteCount === landing.length) this.#borrow();
  }

  #onPieceRead(push: Push, piece: Buffer, byteCount: number): void {
    const isKept = push(piece.subarray(0, byteCount)) === 'kept';
    const isBulk = byteCount >= landing.length;
    if (isBulk && !isKept && piece.length === this.#pieceBytes) return;
    this.#leave(piece, isKept ? byteCount : 0);
    if (isBulk) this.#borrow();
  }

  #onReadAfterRelease(memory: Buffer, byteCount: number): boolean {
    const copy = copyOf(memory, byteCount);
    this.#leave(memory, 0);
    return this.#socket?.push(copy) ?? false;
  }

  /** The next read goes to a piece of its own, if there is one to be had. */
  #borrow(): void {
    this.#memory = readMemory.lend(this.#pieceBytes) ?? landing;
    if (this.#returnsAtClose || this.#memory === landing) return;
    this.#returnsAtClose = true; // listened for only now: an idle connection has no use for it
    this.#socket?.on('close', () => this.#leave(this.#memory, 0));
  }

  #leave(memory: Buffer, bytesKept: number): void {
    this.#memory = landing;
    if (memory === landing) return;
    if (bytesKept > 0) readMemory.forget(memory, bytesKept);
    else readMemory.giveBack(memory);
  }
}

/** Small copies come from the shared pool of `Buffer`. */
function copyOf(memory: Buffer, byteCount: number): Buffer {
  const copy = Buffer.allocUnsafe(byteCount);
  memory.copy(copy, 0, 0, byteCount);
  return copy;
}
