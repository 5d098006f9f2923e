import type { ByteCursor } from '@lamella/net-core';
import { Http1ProtocolError } from '../errors.ts';
import type { HttpHeaders } from '../message/http-headers.ts';
import { CR, LF } from './bytes.ts';
import type { ChunkLimits } from './chunk-size-decoder.ts';
import { ChunkSizeDecoder } from './chunk-size-decoder.ts';
import type { TrailerLimits } from './trailer-decoder.ts';
import { TrailerDecoder } from './trailer-decoder.ts';

/** Finds the content of one body in the input. RFC 9112 section 6.3. */
export interface BodyDecoder {
  /**
   * @returns The next piece of content, a view of at least one byte, with the cursor behind it; `undefined` when the input
   * ran out or the body has ended.
   */
  decode(input: ByteCursor): Uint8Array | undefined;
  /** Whether the end of the body has been reached; no byte behind it is taken. */
  readonly isDone: boolean;
  /** Trailer fields, if there were any. */
  readonly trailers: HttpHeaders | undefined;
  /** The peer has ended its direction. @throws Http1ProtocolError if the body is not complete by that. */
  receiveEnd(): void;
}

/** A body of a known length. */
export class LengthBodyDecoder implements BodyDecoder {
  readonly trailers: undefined = undefined;
  #bytesLeft: number;

  /** @param length - In bytes, at least 0. */
  constructor(length: number) {
    this.#bytesLeft = length;
  }

  get isDone(): boolean {
    return this.#bytesLeft === 0;
  }

  decode(input: ByteCursor): Uint8Array | undefined {
    const length = Math.min(this.#bytesLeft, input.remaining);
    if (length === 0) return undefined;
    this.#bytesLeft -= length;
    return input.take(length);
  }

  receiveEnd(): void {
    if (this.#bytesLeft > 0) throw unexpectedEnd(`${this.#bytesLeft} bytes short of its content-length`);
  }
}

/** A response body that ends with the connection. */
export class UntilCloseBodyDecoder implements BodyDecoder {
  readonly trailers: undefined = undefined;
  #isDone = false;

  get isDone(): boolean {
    return this.#isDone;
  }

  decode(input: ByteCursor): Uint8Array | undefined {
    return input.remaining === 0 ? undefined : input.take(input.remaining);
  }

  receiveEnd(): void {
    this.#isDone = true;
  }
}

/** A body in chunks, with trailers behind it. RFC 9112 section 7.1. */
export class ChunkedBodyDecoder implements BodyDecoder {
  readonly #size: ChunkSizeDecoder;
  readonly #limits: TrailerLimits;
  #trailerDecoder: TrailerDecoder | undefined;
  #trailers: HttpHeaders | undefined;
  #state: 'size' | 'data' | 'data-cr' | 'data-lf' | 'trailers' | 'done' = 'size';
  #bytesLeft = 0;

  constructor(limits: ChunkLimits & TrailerLimits) {
    this.#size = new ChunkSizeDecoder(limits);
    this.#limits = limits;
  }

  get isDone(): boolean {
    return this.#state === 'done';
  }

  get trailers(): HttpHeaders | undefined {
    return this.#trailers;
  }

  decode(input: ByteCursor): Uint8Array | undefined {
    while (input.remaining > 0 && this.#state !== 'done') {
      if (this.#state === 'data') return this.#takeData(input);
      this.#decodeFraming(input);
    }
    return undefined;
  }

  receiveEnd(): void {
    if (this.#state !== 'done') throw unexpectedEnd('before its last chunk and trailers');
  }

  #decodeFraming(input: ByteCursor): void {
    switch (this.#state) {
      case 'size': {
        const size = this.#size.decode(input);
        if (size === undefined) return;
        this.#bytesLeft = size;
        this.#state = size > 0 ? 'data' : 'trailers';
        break;
      }
      case 'data-cr':
        if (input.next() !== CR) throw badChunkEnd();
        this.#state = 'data-lf';
        break;
      case 'data-lf':
        if (input.next() !== LF) throw badChunkEnd();
        this.#state = 'size';
        break;
      case 'trailers': {
        this.#trailerDecoder ??= new TrailerDecoder(this.#limits);
        const trailers = this.#trailerDecoder.decode(input);
        if (trailers === undefined) return;
        if (trailers.size > 0) this.#trailers = trailers;
        this.#state = 'done';
        break;
      }
    }
  }

  #takeData(input: ByteCursor): Uint8Array {
    const data = input.take(this.#bytesLeft);
    this.#bytesLeft -= data.length;
    if (this.#bytesLeft === 0) this.#state = 'data-cr';
    return data;
  }
}

function badChunkEnd(): Http1ProtocolError {
  return new Http1ProtocolError('LML_ERR_HTTP1_BAD_CHUNK_END', 'a chunk is not followed by CR LF');
}

function unexpectedEnd(where: string): Http1ProtocolError {
  return new Http1ProtocolError('LML_ERR_HTTP1_UNEXPECTED_END', `the connection ended in a body, ${where}`);
}
