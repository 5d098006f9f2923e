/**
 * Where every socket of the process reads when it has been quiet: 64 KiB, shared.
 *
 * @remarks
 * Node tells the kernel where the next read goes when the last one ends. So at any time each quiet socket points here, and
 * the bytes are overwritten by whichever socket is read next: they are copied before anybody else sees them.
 */
export const landing: Buffer = Buffer.allocUnsafeSlow(64 * 1024);

/**
 * Memory that is lent to sockets in the middle of a bulk transfer, one piece to one socket.
 *
 * @remarks
 * A piece is read by one socket alone until it is given back, so its bytes may be passed on without a copy, and be kept.
 * What all sockets hold together is bounded; whoever gets no piece goes on in {@link landing}.
 */
export class ReadMemory {
  readonly #maxBytes: number;
  readonly #spare = new Map<number, Buffer[]>();
  /** How many bytes of a piece were kept. Holds no memory that nobody else does. */
  readonly #kept = new WeakMap<ArrayBufferLike, number>();
  #spareBytes = 0;
  #lentBytes = 0;

  /** @param maxBytes - Most memory that may be lent at a time, in bytes. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Bytes that are lent now. */
  get lentBytes(): number {
    return this.#lentBytes;
  }

  /** Lends a piece. @returns `undefined` if so much is lent already that there is none to be had. */
  lend(byteCount: number): Buffer | undefined {
    if (this.#lentBytes + byteCount > this.#maxBytes) return undefined;
    this.#lentBytes += byteCount;
    const piece = this.#spare.get(byteCount)?.pop();
    if (piece === undefined) return Buffer.allocUnsafeSlow(byteCount);
    this.#spareBytes -= byteCount;
    return piece;
  }

  /** Takes a piece back; nobody else may hold bytes of it. */
  giveBack(piece: Buffer): void {
    this.#lentBytes -= piece.length;
    this.#store(piece);
  }

  /** Somebody has kept the first `byteCount` bytes of a lent piece: it is theirs now. */
  forget(piece: Buffer, byteCount: number): void {
    this.#lentBytes -= piece.length;
    this.#kept.set(piece.buffer, byteCount);
  }

  /** Takes a piece back from who kept it, if `chunk` is all that was kept of one: a part may be with somebody else. */
  recover(chunk: Uint8Array): void {
    if (chunk.byteOffset !== 0 || this.#kept.get(chunk.buffer) !== chunk.length) return;
    this.#kept.delete(chunk.buffer);
    this.#store(Buffer.from(chunk.buffer));
  }

  #store(piece: Buffer): void {
    if (this.#spareBytes + piece.length > MAX_SPARE_BYTES) return;
    this.#spareBytes += piece.length;
    const spare = this.#spare.get(piece.length);
    if (spare === undefined) this.#spare.set(piece.length, [piece]);
    else spare.push(piece);
  }
}

/** Sizes of the pieces: the one that most readers get, and the one for sinks that ask for more. */
export const PIECE_BYTES: number = landing.length;
export const LARGE_PIECE_BYTES: number = 256 * 1024;

const MAX_SPARE_BYTES = 4 * 1024 * 1024;

/** The memory of this process: at most 32 MiB are lent at a time. */
export const readMemory: ReadMemory = new ReadMemory(32 * 1024 * 1024);
