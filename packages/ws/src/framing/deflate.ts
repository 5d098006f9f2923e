import type { DeflateReservation } from '../handshake/deflate-budget.ts';
import type { WsInflate, WsPerMessageDeflate } from './ws-library.ts';

/** permessage-deflate on one connection, as it was negotiated: the two contexts, and the memory reserved for them. */
export class Deflate implements WsInflate {
  /** Messages shorter than this go uncompressed, in bytes. */
  readonly thresholdBytes: number;
  readonly #extension: WsPerMessageDeflate;
  readonly #reservation: DeflateReservation;
  #whenRoom: (() => Promise<void> | undefined) | undefined;
  /** Messages that are being inflated and deflated, or wait for their turn at it. */
  #working = 0;
  #isClosed = false;

  constructor(extension: WsPerMessageDeflate, thresholdBytes: number, reservation: DeflateReservation) {
    this.#extension = extension;
    this.thresholdBytes = thresholdBytes;
    this.#reservation = reservation;
  }

  /** A little data may inflate to many messages: none is inflated before there is room for it. */
  holdBackBy(whenRoom: () => Promise<void> | undefined): void {
    this.#whenRoom = whenRoom;
  }

  decompress(data: Buffer, isLast: boolean, done: (error: Error | null, data: Buffer) => void): void {
    const go = (): void => {
      if (this.#isClosed) return;
      this.#working++;
      this.#extension.decompress(data, isLast, (error, inflated) => {
        this.#working--;
        if (this.#isClosed) this.#free();
        else done(error, inflated);
      });
    };
    const room = this.#whenRoom?.();
    if (room === undefined) go();
    else void room.then(go);
  }

  /** Compresses one message. `done` is always called; what it gets is worth nothing once this is closed. */
  compress(data: Buffer, done: (compressed: Buffer) => void): void {
    this.#working++;
    this.#extension.compress(data, true, (_error, compressed) => {
      this.#working--;
      if (this.#isClosed) this.#free();
      done(compressed);
    });
  }

  /** Frees both contexts. What is being inflated is never heard of again. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#free();
  }

  /**
   * Not in the middle of a message: `ws` would throw where nobody can catch it, and would never give the turn back that it has
   * taken from all others of the process. Until then the memory is in use, so it stays reserved: who comes and goes quickly gets no more of it.
   */
  #free(): void {
    if (this.#working > 0) return;
    this.#extension.cleanup();
    this.#reservation.release();
  }
}
