import type { ByteCursor } from '@lamella/net-core';
import { Http1ProtocolError } from '../errors.ts';
import { CR, HEX_VALUE, HTAB, IS_FIELD, LF, SEMICOLON, SP } from './bytes.ts';
import { badLineEnd, hex } from './field-scanner.ts';

/** Limits of a {@link ChunkSizeDecoder}. */
export interface ChunkLimits {
  /** Longest line of a chunk: size, extensions and CRLF, in bytes. */
  readonly maxChunkLineBytes: number;
  /** Most bytes that may stand between size and CRLF, in all chunks of one body together. */
  readonly maxExtensionBytes: number;
}

/**
 * Decodes `chunk-size [ chunk-ext ] CRLF`. RFC 9112 section 7.1.
 *
 * @remarks
 * Extensions are checked for their bytes and skipped: nobody uses them, and they must not be used to hide a request. Both a
 * single line and all extensions together are bounded.
 */
export class ChunkSizeDecoder {
  readonly #limits: ChunkLimits;
  #state: 'size' | 'blank' | 'extension' | 'lf' = 'size';
  #size = 0;
  #digits = 0;
  #lineBytes = 0;
  #extensionBytes = 0;

  constructor(limits: ChunkLimits) {
    this.#limits = limits;
  }

  /** @returns The size of the chunk in bytes, or `undefined` when the input ran out first. */
  decode(input: ByteCursor): number | undefined {
    for (let byte = input.next(); byte !== undefined; byte = input.next()) {
      // One limit for digits and extensions, so that neither grows without end.
      if (++this.#lineBytes > this.#limits.maxChunkLineBytes) throw lineTooLong(this.#limits.maxChunkLineBytes);

      switch (this.#state) {
        case 'size':
          this.#readSize(byte);
          break;
        case 'blank': // "bad whitespace", RFC 9110 section 5.6.3: only in front of an extension
          this.#readBlank(byte);
          break;
        case 'extension':
          this.#readExtension(byte);
          break;
        case 'lf':
          if (byte !== LF) throw badLineEnd();
          return this.#finish();
      }
    }
    return undefined;
  }

  #readSize(byte: number): void {
    const value = HEX_VALUE[byte] as number; // the table has 256 entries
    if (value < 16) {
      if (++this.#digits > MAX_DIGITS) throw badSize('it has too many digits');
      this.#size = this.#size * 16 + value;
      return;
    }
    if (this.#digits === 0) throw badSize(`it starts with byte ${hex(byte)}`);
    if (byte === CR) {
      this.#state = 'lf';
      return;
    }
    if (byte === SEMICOLON) this.#state = 'extension';
    else if (byte === SP || byte === HTAB) this.#state = 'blank';
    else throw byte === LF ? badLineEnd() : badSize(`it holds byte ${hex(byte)}`);
    this.#countExtension();
  }

  #readBlank(byte: number): void {
    if (byte === SEMICOLON) this.#state = 'extension';
    else if (byte !== SP && byte !== HTAB) throw badSize('a blank follows it');
    this.#countExtension();
  }

  #readExtension(byte: number): void {
    if (byte === CR) {
      this.#state = 'lf';
      return;
    }
    if (IS_FIELD[byte] === 0) throw byte === LF ? badLineEnd() : badSize(`its extension holds byte ${hex(byte)}`);
    this.#countExtension();
  }

  /** Blanks and semicolons count too: whatever did not, could be sent without end. */
  #countExtension(): void {
    if (++this.#extensionBytes > this.#limits.maxExtensionBytes) {
      const message = `the chunk extensions of one body are longer than ${this.#limits.maxExtensionBytes} bytes`;
      throw new Http1ProtocolError('LML_ERR_HTTP1_CHUNK_LINE_TOO_LONG', message);
    }
  }

  #finish(): number {
    const size = this.#size;
    this.#state = 'size';
    this.#size = 0;
    this.#digits = 0;
    this.#lineBytes = 0;
    return size;
  }
}

function badSize(why: string): Http1ProtocolError {
  return new Http1ProtocolError('LML_ERR_HTTP1_BAD_CHUNK_SIZE', `the chunk size is malformed: ${why}`);
}

function lineTooLong(maximum: number): Http1ProtocolError {
  const message = `the line of a chunk is longer than ${maximum} bytes`;
  return new Http1ProtocolError('LML_ERR_HTTP1_CHUNK_LINE_TOO_LONG', message);
}

/** 13 hexadecimal digits are 52 bits, where numbers are exact. */
const MAX_DIGITS = 13;
