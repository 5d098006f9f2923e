import type { ByteCursor } from '@lamella/net-core';
import { NetstringError } from './netstring-errors.ts';

/** Decodes netstrings, `5:hello,`, from input that may be cut anywhere. */
export class NetstringDecoder {
  readonly #maxBytes: number;
  #state: 'length' | 'content' | 'end' = 'length';
  #length = 0;
  #digits = 0;
  #content = new Uint8Array(0);
  #filled = 0;

  /** @param maxBytes - Longest content, in bytes. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** @returns The next content, the caller's for good; `undefined` when the input ran out first. */
  decode(input: ByteCursor): Uint8Array | undefined {
    while (input.remaining > 0) {
      switch (this.#state) {
        case 'length':
          this.#readLength(input);
          break;
        case 'content':
          this.#readContent(input);
          break;
        case 'end':
          return this.#readEnd(input);
      }
    }
    return undefined;
  }

  #readLength(input: ByteCursor): void {
    const byte = input.next() ?? 0; // there is one: `decode` has looked
    if (byte === COLON && this.#digits > 0) {
      this.#content = new Uint8Array(this.#length);
      this.#filled = 0;
      this.#state = this.#length === 0 ? 'end' : 'content';
      return;
    }
    const digit = byte - ZERO;
    // A leading zero would give one length two spellings.
    if (digit < 0 || digit > 9 || (this.#digits > 0 && this.#length === 0)) {
      throw new NetstringError('NETSTRING_BAD_LENGTH', 'a netstring starts with its length in digits and a colon');
    }
    this.#digits++;
    this.#length = this.#length * 10 + digit;
    // Checked at each digit, before anything of that size is allocated.
    if (this.#length > this.#maxBytes) {
      throw new NetstringError('NETSTRING_TOO_LONG', `a netstring is longer than ${this.#maxBytes} bytes`);
    }
  }

  #readContent(input: ByteCursor): void {
    const bytes = input.take(this.#length - this.#filled);
    this.#content.set(bytes, this.#filled); // a copy: the input is borrowed
    this.#filled += bytes.length;
    if (this.#filled === this.#length) this.#state = 'end';
  }

  #readEnd(input: ByteCursor): Uint8Array {
    if (input.next() !== COMMA) throw new NetstringError('NETSTRING_BAD_END', 'a netstring ends with a comma');
    this.#state = 'length';
    this.#length = 0;
    this.#digits = 0;
    return this.#content;
  }
}

const ZERO = 0x30;
const COLON = 0x3a;
const COMMA = 0x2c;
