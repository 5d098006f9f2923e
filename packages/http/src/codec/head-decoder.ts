import type { ByteCursor } from '@lamella/net-core';
import { Http1ProtocolError } from '../errors.ts';
import { latin1 } from './bytes.ts';
import { FieldScanner, MORE } from './field-scanner.ts';

/** Limits of a {@link HeadDecoder}. */
export interface HeadLimits {
  /** Longest start line, in bytes, with its CRLF. */
  readonly maxStartLineBytes: number;
  /** Longest head, in bytes, from the start line to the empty line. */
  readonly maxHeadBytes: number;
  /** Most header lines. */
  readonly maxHeaders: number;
}

/** The part of a head that differs between requests, responses and trailers. */
export interface HeadGrammar<Head> {
  /** Checks the start line at `start`. @returns Index behind its CRLF, or {@link MORE}. */
  scanStartLine(bytes: Uint8Array, start: number, end: number): number;
  /**
   * Makes the head.
   *
   * @param text - All of it, one character a byte.
   * @param fieldsStart - Index in `text` of the first field line.
   */
  build(text: string, fieldsStart: number, fields: FieldScanner): Head;
}

/**
 * Decodes a start line and the header section behind it, from input split anywhere.
 *
 * @remarks
 * A head that arrives whole is scanned in place and copied once, as one string. Of a head that arrives in parts the decoder
 * keeps the bytes, and never scans a finished line again: what an attacker can waste by sending byte by byte is one scan of
 * the line per line, not of the head per byte.
 */
export class HeadDecoder<Head> {
  readonly #grammar: HeadGrammar<Head>;
  readonly #limits: HeadLimits;
  readonly #fields: FieldScanner;
  #held: Uint8Array | undefined;
  #heldLength = 0;
  /** Offset from the start of the head of the first line that is not scanned yet. */
  #lineOffset = 0;
  #fieldsOffset = -1;

  constructor(grammar: HeadGrammar<Head>, limits: HeadLimits) {
    this.#grammar = grammar;
    this.#limits = limits;
    this.#fields = new FieldScanner(limits.maxHeaders);
  }

  /** Whether a part of a head has been taken. */
  get isPartial(): boolean {
    return this.#heldLength > 0;
  }

  /** @returns The head, with the cursor behind it, or `undefined` when the input ran out first. */
  decode(input: ByteCursor): Head | undefined {
    if (this.#heldLength > 0) return this.#decodeHeld(input);
    const { bytes, position, end } = input;
    const stop = this.#scan(bytes, position, end);
    if (stop === MORE) {
      this.#checkLength(end - position);
      this.#hold(bytes, position, end);
      input.position = end;
      return undefined;
    }
    input.position = stop;
    return this.#finish(bytes, position, stop);
  }

  #decodeHeld(input: ByteCursor): Head | undefined {
    const before = this.#heldLength;
    // One byte beyond the limit is enough to know that it is exceeded.
    const room = Math.max(0, this.#limits.maxHeadBytes + 1 - before);
    const end = Math.min(input.end, input.position + room);
    const hasLineEnd = this.#hold(input.bytes, input.position, end);
    const held = this.#held as Uint8Array; // just filled
    const stop = hasLineEnd ? this.#scan(held, 0, this.#heldLength) : MORE;
    if (stop === MORE) {
      this.#checkLength(this.#heldLength);
      input.position = end;
      return undefined;
    }
    input.position += stop - before;
    return this.#finish(held, 0, stop);
  }

  /** Scans the lines that are not scanned yet. @returns Index behind the head, or {@link MORE}. */
  #scan(bytes: Uint8Array, start: number, end: number): number {
    const fields = this.#fields;
    let at = start + this.#lineOffset;
    if (this.#fieldsOffset < 0) {
      at = this.#grammar.scanStartLine(bytes, at, end);
      if (at === MORE) return MORE;
      if (at - start > this.#limits.maxStartLineBytes) throw startLineTooLong(this.#limits);
      this.#fieldsOffset = this.#lineOffset = at - start;
    }
    while (!fields.isDone) {
      const next = fields.scan(bytes, at, end);
      if (next === MORE) return MORE;
      at = next;
      this.#lineOffset = at - start;
    }
    return at;
  }

  #finish(bytes: Uint8Array, start: number, stop: number): Head {
    if (stop - start > this.#limits.maxHeadBytes) throw headTooLarge(this.#limits);
    const head = this.#grammar.build(latin1(bytes, start, stop), this.#fieldsOffset, this.#fields);
    this.#held = undefined;
    this.#heldLength = 0;
    this.#lineOffset = 0;
    this.#fieldsOffset = -1;
    this.#fields.reset();
    return head;
  }

  /** Keeps a copy of the bytes. @returns Whether there is an LF among them. */
  #hold(bytes: Uint8Array, start: number, end: number): boolean {
    const added = bytes.subarray(start, end);
    const length = this.#heldLength + added.length;
    if (this.#held === undefined || length > this.#held.length) {
      const grown = new Uint8Array(Math.max(MIN_HELD_BYTES, 2 * length));
      if (this.#held !== undefined) grown.set(this.#held.subarray(0, this.#heldLength));
      this.#held = grown;
    }
    this.#held.set(added, this.#heldLength);
    this.#heldLength = length;
    return added.includes(0x0a);
  }

  #checkLength(length: number): void {
    if (this.#fieldsOffset < 0 && length > this.#limits.maxStartLineBytes) throw startLineTooLong(this.#limits);
    if (length > this.#limits.maxHeadBytes) throw headTooLarge(this.#limits);
  }
}

function startLineTooLong(limits: HeadLimits): Http1ProtocolError {
  const message = `the start line is longer than ${limits.maxStartLineBytes} bytes`;
  return new Http1ProtocolError('LML_ERR_HTTP1_START_LINE_TOO_LONG', message);
}

function headTooLarge(limits: HeadLimits): Http1ProtocolError {
  const message = `the header section is longer than ${limits.maxHeadBytes} bytes`;
  return new Http1ProtocolError('LML_ERR_HTTP1_HEADERS_TOO_LARGE', message);
}

const MIN_HELD_BYTES = 512;
