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
      this.#hold(bytes, position, end);
      input.position = end;
      return undefined;
    }
    input.position = stop;
    return this.#finish(bytes, position, stop);
  }

  #decodeHeld(input: ByteCursor): Head | undefined {
    const before = this.#heldLength;
    const limit = this.#limit;
    // One byte beyond the limit is enough to know that it is exceeded.
    const end = Math.min(input.end, input.position + this.#limits.maxHeadBytes + 1 - before);
    const hasLineEnd = this.#hold(input.bytes, input.position, end);
    const held = this.#held as Uint8Array; // just filled
    const stop = hasLineEnd || this.#heldLength > limit ? this.#scan(held, 0, this.#heldLength) : MORE;
    if (stop === MORE) {
      input.position = end;
      return undefined;
    }
    input.position += stop - before;
    return this.#finish(held, 0, stop);
  }

  /** Where the section must have ended that is being scanned, as an offset from the start of the head. */
  get #limit(): number {
    const { maxHeadBytes, maxStartLineBytes } = this.#limits;
    return this.#fieldsOffset < 0 ? Math.min(maxStartLineBytes, maxHeadBytes) : maxHeadBytes;
  }

  /**
   * Scans the lines that are not scanned yet, and no byte beyond a limit: so the first wrong byte decides what is wrong,
   * however the input is split.
   *
   * @returns Index behind the head, or {@link MORE}.
   */
  #scan(bytes: Uint8Array, start: number, end: number): number {
    const fields = this.#fields;
    let limitAt = start + this.#limit;
    let at = start + this.#lineOffset;
    if (this.#fieldsOffset < 0) {
      at = this.#grammar.scanStartLine(bytes, at, Math.min(end, limitAt));
      if (at === MORE) return end > limitAt ? this.#throwTooLong() : MORE;
      this.#fieldsOffset = this.#lineOffset = at - start;
      limitAt = start + this.#limit;
    }
    while (!fields.isDone) {
      const next = fields.scan(bytes, at, Math.min(end, limitAt));
      if (next === MORE) return end > limitAt ? this.#throwTooLong() : MORE;
      at = next;
      this.#lineOffset = at - start;
    }
    return at;
  }

  #throwTooLong(): never {
    const { maxHeadBytes, maxStartLineBytes } = this.#limits;
    throw this.#fieldsOffset < 0 && maxStartLineBytes <= maxHeadBytes
      ? startLineTooLong(this.#limits)
      : headTooLarge(this.#limits);
  }

  #finish(bytes: Uint8Array, start: number, stop: number): Head {
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
