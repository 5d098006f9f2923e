import type { BodyFlow } from '@lamella/http';
import { IncomingBody } from '@lamella/http';

/**
 * The content that comes on a stream, for the exchange of either side. Its first piece may be held back, borrowed, until it is clear whether
 * the whole body stands right there: who reads that waits for nothing.
 */
export abstract class ExchangeContent implements BodyFlow {
  #body: IncomingBody | undefined;
  /** All of the body so far, as long as it is held back. */
  #heldPiece: Uint8Array | undefined;

  abstract want(isWanted: boolean): void;
  abstract cancel(reason: unknown): void;
  abstract taken(byteCount: number): void;

  /** Whether content is held back, for now. */
  protected abstract get holdsContent(): boolean;

  /** The body, if there is one, and it did not come as a whole. */
  get body(): IncomingBody | undefined {
    return this.#body;
  }

  /** Takes a piece, borrowed while it is held back. @returns Whether it is kept as it is; then its memory must not be used again. */
  pushBody(bytes: Uint8Array): boolean {
    const isFirst = this.#body === undefined && this.#heldPiece === undefined;
    if (isFirst && bytes.length <= MAX_HELD_BYTES && this.holdsContent) {
      this.#heldPiece = bytes;
      return false;
    }
    const body = this.openBody();
    const isKept = body.push(bytes);
    body.flush();
    return isKept;
  }

  /** The body, with what was held back of it. */
  protected openBody(): IncomingBody {
    this.#body ??= new IncomingBody(this);
    const piece = this.releasePiece();
    if (piece !== undefined) this.#body.push(piece);
    return this.#body;
  }

  /** Gives what is held back, still borrowed, and holds it no more. */
  protected releasePiece(): Uint8Array | undefined {
    const piece = this.#heldPiece;
    this.#heldPiece = undefined;
    return piece;
  }
}

/** One frame of the usual size: longer pieces may be kept without a copy. */
const MAX_HELD_BYTES = 16_384;
