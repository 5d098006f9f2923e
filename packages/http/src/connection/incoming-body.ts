import type { BodySource } from '../message/body-source.ts';
import { HttpBody } from '../message/http-body.ts';
import type { HttpHeaders } from '../message/http-headers.ts';

/** How an {@link IncomingBody} talks to the connection that it comes from. */
export interface BodyFlow {
  /** Somebody waits for bytes, or nobody does. */
  want(isWanted: boolean): void;
  /** Nobody wants the rest. */
  cancel(reason: unknown): void;
  /** Bytes have left: the reader has them, or they were thrown away. For protocols with flow control of their own. */
  taken?(byteCount: number): void;
}

/**
 * A body on its way in: the connection pushes what comes, the reader pulls.
 *
 * @remarks
 * Holds what came in one turn and no more: the connection stops reading while {@link isFull}. Small pieces of one turn are put
 * together, so that a peer who sends a body in tiny chunks can't make it weigh a hundred times its size.
 */
export class IncomingBody implements BodySource {
  readonly #flow: BodyFlow;
  #memory: Uint8Array | undefined;
  #length = 0;
  #kept: Uint8Array | undefined;
  #waiter: PromiseWithResolvers<Uint8Array | undefined> | undefined;
  #state: 'open' | 'ended' | 'failed' | 'discarded' = 'open';
  #error: unknown;
  #trailers: HttpHeaders | undefined;
  #onOver: (() => void) | undefined;

  constructor(flow: BodyFlow) {
    this.#flow = flow;
  }

  get trailers(): HttpHeaders | undefined {
    return this.#trailers;
  }

  /** Whether bytes wait for the reader. */
  get isFull(): boolean {
    return this.#length > 0 || this.#kept !== undefined;
  }

  /** Whether the end has come; bytes may wait. */
  get hasEnded(): boolean {
    return this.#state === 'ended';
  }

  /** Whether nobody wants the rest. */
  get isDiscarded(): boolean {
    return this.#state === 'discarded';
  }

  // ---- from the connection

  /**
   * Takes a piece, borrowed.
   *
   * @returns Whether the piece is kept as it is; then its memory must not be used again.
   */
  push(bytes: Uint8Array): boolean {
    if (this.#state !== 'open') return false;
    if (!this.isFull && bytes.length >= KEEP_FROM_BYTES) {
      this.#kept = bytes;
      return true;
    }
    if (this.#kept !== undefined) {
      this.#append(this.#kept);
      this.#kept = undefined;
    }
    this.#append(bytes);
    return false;
  }

  /** The end has come. */
  end(trailers: HttpHeaders | undefined): void {
    if (this.#state !== 'open') return;
    this.#state = 'ended';
    this.#trailers = trailers;
    this.#onOver?.();
  }

  /** No more will come; the reader gets what is there, then the error. */
  fail(error: unknown): void {
    if (this.#state === 'open') {
      this.#state = 'failed';
      this.#error = error;
      this.#onOver?.();
    }
    this.flush(); // also where the end has come in this very turn: the reader may not have heard of it
  }

  /** Gives a waiting reader what has come in this turn. */
  flush(): void {
    const waiter = this.#waiter;
    if (waiter === undefined || (!this.isFull && this.#state === 'open')) return;
    this.#waiter = undefined;
    if (this.isFull) {
      waiter.resolve(this.#take());
      if (this.#state === 'open') this.#flow.want(false); // nobody waits until the next read
    } else if (this.#state === 'ended') waiter.resolve(undefined);
    else waiter.reject(this.#error);
  }

  /**
   * What comes is thrown away.
   *
   * @param reason - For whoever reads all the same: what is there is never taken for the whole.
   */
  discard(reason: unknown): void {
    if (this.#state === 'open') {
      this.#state = 'discarded';
      this.#error = reason;
      this.#onOver?.();
    }
    const byteCount = this.#kept?.length ?? this.#length;
    this.#memory = this.#kept = undefined;
    this.#length = 0;
    this.#flow.taken?.(byteCount);
    this.flush();
  }

  /** Makes the body for the reader: a whole one, if all of it is here already. */
  toHttpBody(size: number | undefined): HttpBody {
    if (this.#state !== 'ended') return HttpBody.fromSource(this, size === undefined ? {} : { size });
    const trailers = this.#trailers;
    return HttpBody.from(this.#take(), trailers === undefined ? {} : { trailers: () => trailers });
  }

  // ---- from the reader

  read(): Promise<Uint8Array | undefined> {
    if (this.isFull) {
      const bytes = this.#take();
      this.#flow.want(false); // there is room again, though nobody waits
      return Promise.resolve(bytes);
    }
    if (this.#state === 'ended') return Promise.resolve(undefined);
    if (this.#state !== 'open') return Promise.reject(this.#error);
    const waiter = Promise.withResolvers<Uint8Array | undefined>();
    this.#waiter = waiter;
    this.#flow.want(true); // may bring what is waited for at once
    return waiter.promise;
  }

  onOver(listener: () => void): void {
    if (this.#state === 'open') this.#onOver = listener;
    else listener();
  }

  cancel(reason: unknown): void {
    if (this.#state !== 'open') return;
    this.discard(reason);
    this.#flow.cancel(reason);
  }

  #append(bytes: Uint8Array): void {
    const length = this.#length + bytes.length;
    if (this.#memory === undefined) this.#memory = new Uint8Array(length);
    else if (length > this.#memory.length) {
      const grown = new Uint8Array(2 * length);
      grown.set(this.#memory.subarray(0, this.#length));
      this.#memory = grown;
    }
    this.#memory.set(bytes, this.#length);
    this.#length = length;
  }

  #take(): Uint8Array {
    const bytes = this.#kept ?? wholeOf(this.#memory, this.#length);
    this.#kept = this.#memory = undefined;
    this.#length = 0;
    this.#flow.taken?.(bytes.length);
    return bytes;
  }
}

/** The first bytes of the memory; the memory itself, if that is all of it: a view costs more than many a body. */
function wholeOf(memory: Uint8Array | undefined, length: number): Uint8Array {
  if (memory === undefined) return NO_BYTES;
  return memory.length === length ? memory : memory.subarray(0, length);
}

/** Pieces from this size on are kept as they are: a new read buffer is then cheaper than the copy. */
const KEEP_FROM_BYTES = 32 * 1024;
const NO_BYTES = new Uint8Array(0);
