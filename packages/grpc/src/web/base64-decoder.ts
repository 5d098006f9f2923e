import { GrpcStatus } from '../codec/grpc-status.ts';
import { GrpcStatusError } from '../errors.ts';

/**
 * Decodes Base64 that is split anywhere, and padded anywhere.
 *
 * @remarks
 * PROTOCOL-WEB.md of grpc/grpc: peers encode piece by piece, so that padding may stand behind each of them, in the middle of the text.
 */
export class Base64Decoder {
  /** Up to three characters of a quantum that is not complete. */
  #rest = '';

  /**
   * Takes a piece of the text. @returns The bytes of all quanta that are complete.
   *
   * @throws GrpcStatusError INTERNAL for anything that is no Base64.
   */
  push(text: Uint8Array): Uint8Array {
    const whole = this.#rest + Buffer.from(text.buffer, text.byteOffset, text.length).toString('latin1');
    const end = whole.length - (whole.length % 4);
    this.#rest = whole.slice(end);
    const quanta = whole.slice(0, end);
    if (OTHERS.test(quanta)) throw malformed();
    if (!quanta.includes('=')) return Buffer.from(quanta, 'base64');
    return Buffer.concat((quanta.match(PIECE) ?? []).map(decodePiece));
  }

  /** The text is over. @throws GrpcStatusError INTERNAL if it ends within a quantum. */
  end(): void {
    if (this.#rest !== '') throw malformed();
  }
}

/** A piece ends with its padding, and is a number of whole quanta. */
function decodePiece(piece: string): Uint8Array {
  if (piece.length % 4 !== 0 || PADDED.exec(piece)?.[0].length === piece.length) throw malformed();
  return Buffer.from(piece, 'base64');
}

function malformed(): GrpcStatusError {
  return new GrpcStatusError(GrpcStatus.INTERNAL, 'the content is no Base64');
}

const OTHERS = /[^A-Za-z0-9+/=]/;
/** Digits and the padding behind them, or padding alone, which is none. */
const PIECE = /[^=]+={0,2}|=+/g;
const PADDED = /^=+/;
