import { trimBlanks } from '@lamella/http';
import type { ByteCursor } from '@lamella/net-core';
import { LimitError } from '@lamella/service-core';
import { MultipartError } from './multipart-errors.ts';

/** What a multipart body says, in order: parts, each with data between its begin and its end, then the end. */
export type MultipartEvent =
  | { readonly type: 'part'; readonly fields: readonly (readonly [name: string, value: string])[] }
  | { readonly type: 'data'; readonly bytes: Uint8Array }
  | { readonly type: 'part-end' }
  | { readonly type: 'end' };

/**
 * Decodes a multipart body split anywhere.
 *
 * @remarks
 * Source: RFC 2046 section 5.1, as narrowed by RFC 7578. Lines end with CRLF, nothing else. What stands before the first boundary and behind the
 * last is passed over. A line that begins with the boundary but goes on is an error: the sender had to choose a boundary that its content
 * does not hold. Data are views of the input; nothing is held back but a begin of a boundary.
 */
export class MultipartDecoder {
  readonly #delimiter: Uint8Array;
  readonly #maxHeaderBytes: number;
  #state: 'preamble' | 'body' | 'after-boundary' | 'padding' | 'last-dash' | 'boundary-lf' | 'head' | 'epilogue' =
    'preamble';
  /** Bytes of the delimiter that have come; at the very begin its CRLF is taken for granted. */
  #matched = 2;
  #fields: [name: string, value: string][] = [];
  #line = '';
  #lastByte = 0;
  #headBytes = 0;

  /**
   * @param boundary - 1 to 70 characters of ASCII.
   * @param maxHeaderBytes - Longest head of a part, in bytes, at least 1.
   */
  constructor(boundary: string, maxHeaderBytes: number) {
    this.#delimiter = Uint8Array.from(`\r\n--${boundary}`, (character) => character.charCodeAt(0));
    this.#maxHeaderBytes = maxHeaderBytes;
  }

  /** Whether the last boundary has come. */
  get isComplete(): boolean {
    return this.#state === 'epilogue';
  }

  /**
   * Decodes on.
   *
   * @returns The next event, or `undefined` when the input ran out first.
   * @throws MultipartError for what is malformed, LimitError (`maxPartHeaderBytes`) for a head that is too long.
   */
  decode(input: ByteCursor): MultipartEvent | undefined {
    for (;;) {
      if (this.#state === 'epilogue') {
        input.position = input.end;
        return undefined;
      }
      if (this.#isInContent()) {
        if (input.remaining === 0) return undefined;
        const event = this.#decodeContent(input);
        if (event !== undefined) return event;
        continue;
      }
      const byte = input.next();
      if (byte === undefined) return undefined;
      const event = this.#decodeByte(byte);
      if (event !== undefined) return event;
    }
  }

  /** The input is over. @throws MultipartError if the last boundary has not come. */
  receiveEnd(): void {
    if (this.isComplete) return;
    throw new MultipartError('LML_ERR_WEB_MULTIPART_INCOMPLETE', 'the multipart body ends before its last boundary');
  }

  #isInContent(): boolean {
    return this.#state === 'preamble' || this.#state === 'body';
  }

  /** A part, or the preamble, which is one that nobody gets. */
  #decodeContent(input: ByteCursor): MultipartEvent | undefined {
    const delimiter = this.#delimiter;
    if (this.#matched === 0) {
      const start = input.position;
      const at = candidate(input, delimiter);
      input.position = at;
      if (at > start) return this.#data(input.bytes.subarray(start, at));
    }
    while (this.#matched < delimiter.length) {
      const byte = input.peek();
      if (byte === undefined) return undefined;
      if (byte !== delimiter[this.#matched]) {
        // CR stands nowhere but at its begin, so what has matched is data, and the search goes on with this very byte.
        const bytes = delimiter.slice(0, this.#matched);
        this.#matched = 0;
        return this.#data(bytes);
      }
      input.position++;
      this.#matched++;
    }
    this.#matched = 0;
    const event: MultipartEvent | undefined = this.#state === 'body' ? { type: 'part-end' } : undefined;
    this.#state = 'after-boundary';
    this.#headBytes = 0;
    return event;
  }

  #data(bytes: Uint8Array): MultipartEvent | undefined {
    return this.#state === 'body' ? { type: 'data', bytes } : undefined;
  }

  #decodeByte(byte: number): MultipartEvent | undefined {
    // One limit for a head and the blanks behind a boundary, so that neither grows without end.
    if (++this.#headBytes > this.#maxHeaderBytes) throw this.#headTooLong();
    switch (this.#state) {
      case 'after-boundary':
        if (byte === DASH) this.#state = 'last-dash';
        else this.#decodePadding(byte);
        return undefined;
      case 'padding':
        this.#decodePadding(byte);
        return undefined;
      case 'last-dash':
        if (byte !== DASH) throw badBoundary();
        this.#state = 'epilogue';
        return { type: 'end' };
      case 'boundary-lf':
        if (byte !== LF) throw badBoundary();
        this.#state = 'head';
        return undefined;
      default:
        return this.#decodeHead(byte);
    }
  }

  /** RFC 2046 section 5.1.1: blanks may follow the boundary. */
  #decodePadding(byte: number): void {
    if (byte === CR) this.#state = 'boundary-lf';
    else if (byte === SP || byte === HTAB) this.#state = 'padding';
    else throw badBoundary();
  }

  #decodeHead(byte: number): MultipartEvent | undefined {
    const wasReturn = this.#lastByte === CR;
    this.#lastByte = byte;
    if (wasReturn !== (byte === LF)) throw badHeader('its lines must end with CRLF');
    if (byte === CR) return undefined;
    if (byte !== LF) {
      this.#line += String.fromCharCode(byte);
      return undefined;
    }
    const line = this.#line;
    this.#line = '';
    if (line !== '') {
      this.#fields.push(fieldOf(line));
      return undefined;
    }
    const fields = this.#fields;
    this.#fields = [];
    this.#lastByte = 0;
    this.#state = 'body';
    // A part without content has the CRLF of the boundary right behind its head; that is a CRLF of its own, not the head's.
    return { type: 'part', fields };
  }

  #headTooLong(): LimitError {
    return new LimitError({
      limit: 'maxPartHeaderBytes',
      maximum: this.#maxHeaderBytes,
      observed: this.#headBytes,
      facts: { layer: 'multipart', phase: 'body' },
    });
  }
}

/** Where the delimiter begins, or might begin; else the end. */
function candidate({ bytes, position, end }: ByteCursor, delimiter: Uint8Array): number {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset + position, end - position);
  const found = view.indexOf(delimiter);
  if (found >= 0) return position + found;
  const last = view.lastIndexOf(CR);
  if (last < 0 || view.length - last >= delimiter.length) return end;
  for (let at = last; at < view.length; at++) if (view[at] !== delimiter[at - last]) return end;
  return position + last;
}

function fieldOf(line: string): [name: string, value: string] {
  const [, name, value] = FIELD.exec(line) ?? [];
  if (name === undefined || value === undefined) throw badHeader('it holds a line that is no field');
  return [name, trimBlanks(value)];
}

function badHeader(what: string): MultipartError {
  return new MultipartError('LML_ERR_WEB_MULTIPART_HEADER', `the head of a part is malformed: ${what}`);
}

function badBoundary(): MultipartError {
  return new MultipartError('LML_ERR_WEB_MULTIPART_BOUNDARY', 'a line begins with the boundary but is none');
}

/**
 * One character a byte; no line that goes on with the next, which RFC 7578 has no need of. The blanks around a value are taken off
 * afterwards: next to a value that may hold blanks, a row of them would be tried in every division.
 */
const FIELD = /^([A-Za-z0-9!#$%&'*+.^_`|~-]+):([\t\x20-\x7e\x80-\xff]*)$/;
const CR = 0x0d;
const LF = 0x0a;
const SP = 0x20;
const HTAB = 0x09;
const DASH = 0x2d;
