import { Http1ProtocolError } from '../errors.ts';
import { hasListToken } from '../message/field-syntax.ts';
import { initialBit } from '../message/http-headers.ts';
import { COLON, CR, HTAB, IS_FIELD, IS_TOKEN, isWord, LF, latin1, SP } from './bytes.ts';

/** What {@link FieldScanner.scan} says when the input ends before the line does. */
export const MORE = -1;

/**
 * Checks field lines, and notes those that decide how a message is framed. RFC 9112 sections 5 and 6.
 *
 * @remarks
 * Each byte is looked at once. Nothing is extracted: the decoder of the head makes one string of the whole section later.
 * Strict where smuggling starts: a bare CR or LF, a NUL, a blank before the colon, a folded line, a second Content-Length
 * and a Transfer-Encoding that is not just `chunked` are all refused.
 */
export class FieldScanner {
  readonly #maxFields: number;
  /** Whether the empty line behind the section was found. */
  isDone = false;
  /** Number of lines so far. */
  count = 0;
  /** Content-Length in bytes, or -1. */
  contentLength = -1;
  /** Whether Transfer-Encoding is `chunked`. */
  isChunked = false;
  /** Whether Connection has `close`. */
  hasClose = false;
  /** Whether Connection has `keep-alive`. */
  hasKeepAlive = false;
  /** Whether Connection has `upgrade`. */
  hasConnectionUpgrade = false;
  /** Value of the last Keep-Alive field. */
  keepAlive = '';
  /** Whether there is an Upgrade field that names a protocol. */
  hasUpgrade = false;
  /** Whether Expect is `100-continue`. */
  expectsContinue = false;
  /** Whether there is an Expect that is anything else. */
  expectsOther = false;
  /** Number of Host fields. */
  hostCount = 0;
  /** Value of the last Host field. */
  host = '';
  /** Bits of the first characters of all names; see {@link initialBit}. */
  initials = 0;

  constructor(maxFields: number) {
    this.#maxFields = maxFields;
  }

  /** Forgets everything, for the next section. */
  reset(): void {
    this.isDone = false;
    this.count = 0;
    this.contentLength = -1;
    this.isChunked = false;
    this.hasClose = false;
    this.hasKeepAlive = false;
    this.hasConnectionUpgrade = false;
    this.keepAlive = '';
    this.hasUpgrade = false;
    this.expectsContinue = false;
    this.expectsOther = false;
    this.hostCount = 0;
    this.host = '';
    this.initials = 0;
  }

  /**
   * Scans one line, which starts at `start`.
   *
   * @returns Index behind its CRLF, or {@link MORE}. {@link isDone} says whether it was the empty line at the end.
   */
  scan(bytes: Uint8Array, start: number, end: number): number {
    // Indexes below stay under `end`, so reads are never undefined.
    let at = start;
    if (at >= end) return MORE;
    const first = bytes[at] as number;
    if (IS_TOKEN[first] === 0) return this.#scanOddStart(bytes, at, end, first);

    do at++;
    while (at < end && IS_TOKEN[bytes[at] as number] === 1);
    if (at >= end) return MORE;
    if (bytes[at] !== COLON) throw badName(bytes[at] as number);
    const nameEnd = at++;

    while (at < end && isBlank(bytes[at] as number)) at++;
    const valueStart = at;
    while (at < end && IS_FIELD[bytes[at] as number] === 1) at++;
    if (at >= end) return MORE;
    if (bytes[at] !== CR) throw badValue(bytes[at] as number);
    if (at + 1 >= end) return MORE;
    if (bytes[at + 1] !== LF) throw badLineEnd();
    let valueEnd = at;
    while (valueEnd > valueStart && isBlank(bytes[valueEnd - 1] as number)) valueEnd--;

    if (++this.count > this.#maxFields) throw tooMany(this.#maxFields);
    this.initials |= initialBit(first);
    this.#note(bytes, start, nameEnd, valueStart, valueEnd);
    return at + 2;
  }

  /** A line that does not start with a name: the empty line at the end, or an error. */
  #scanOddStart(bytes: Uint8Array, at: number, end: number, first: number): number {
    if (first === CR) {
      if (at + 1 >= end) return MORE;
      if (bytes[at + 1] !== LF) throw badLineEnd();
      this.isDone = true;
      return at + 2;
    }
    if (first === LF) throw badLineEnd();
    if (isBlank(first)) {
      throw new Http1ProtocolError(
        'LML_ERR_HTTP1_OBS_FOLD',
        'a header line starts with a blank (obsolete line folding)',
      );
    }
    throw badName(first);
  }

  /** Framing fields are recognised by the length of their names first: most lines are none. */
  #note(bytes: Uint8Array, start: number, nameEnd: number, valueStart: number, valueEnd: number): void {
    switch (nameEnd - start) {
      case 4:
        if (isWord(bytes, start, nameEnd, 'host')) {
          this.hostCount++;
          this.host = latin1(bytes, valueStart, valueEnd);
        }
        break;
      case 6:
        if (isWord(bytes, start, nameEnd, 'expect')) this.#noteExpect(bytes, valueStart, valueEnd);
        break;
      case 7:
        // Without a protocol there is nothing to change to. RFC 9110 section 7.8.
        if (valueEnd > valueStart && isWord(bytes, start, nameEnd, 'upgrade')) this.hasUpgrade = true;
        break;
      case 10:
        if (isWord(bytes, start, nameEnd, 'connection')) this.#noteConnection(bytes, valueStart, valueEnd);
        else if (isWord(bytes, start, nameEnd, 'keep-alive')) this.keepAlive = latin1(bytes, valueStart, valueEnd);
        break;
      case 14:
        if (isWord(bytes, start, nameEnd, 'content-length')) this.#noteLength(bytes, valueStart, valueEnd);
        break;
      case 17:
        if (isWord(bytes, start, nameEnd, 'transfer-encoding')) this.#noteEncoding(bytes, valueStart, valueEnd);
        break;
    }
  }

  #noteExpect(bytes: Uint8Array, start: number, end: number): void {
    if (isWord(bytes, start, end, '100-continue')) this.expectsContinue = true;
    else this.expectsOther = true;
  }

  #noteConnection(bytes: Uint8Array, start: number, end: number): void {
    if (isWord(bytes, start, end, 'keep-alive')) this.hasKeepAlive = true;
    else if (isWord(bytes, start, end, 'close')) this.hasClose = true;
    else {
      const value = latin1(bytes, start, end);
      if (hasListToken(value, 'close')) this.hasClose = true;
      if (hasListToken(value, 'keep-alive')) this.hasKeepAlive = true;
      if (hasListToken(value, 'upgrade')) this.hasConnectionUpgrade = true;
    }
  }

  /** RFC 9110 section 8.6: digits only; a second one, even an equal one, is refused (RFC 9112 section 6.3, rule 5). */
  #noteLength(bytes: Uint8Array, start: number, end: number): void {
    if (this.contentLength >= 0) {
      throw new Http1ProtocolError('LML_ERR_HTTP1_DUPLICATE_CONTENT_LENGTH', 'there is more than one content-length');
    }
    let length = 0;
    for (let at = start; at < end; at++) {
      const digit = (bytes[at] as number) - 0x30;
      if (digit < 0 || digit > 9) throw badLength();
      length = length * 10 + digit;
    }
    if (end === start || end - start > MAX_LENGTH_DIGITS) throw badLength();
    this.contentLength = length;
  }

  /** RFC 9112 section 6.1. Only `chunked`, alone and once: everything else is a way to smuggle. */
  #noteEncoding(bytes: Uint8Array, start: number, end: number): void {
    const isRepeated = this.isChunked;
    this.isChunked = true;
    if (!isRepeated && isWord(bytes, start, end, 'chunked')) return;
    const value = latin1(bytes, start, end);
    if (!isRepeated && UNSUPPORTED_CODINGS.test(value)) {
      const message = `transfer-encoding ${JSON.stringify(value)} is not supported; only chunked is`;
      throw new Http1ProtocolError('LML_ERR_HTTP1_UNSUPPORTED_TRANSFER_ENCODING', message);
    }
    const message = `transfer-encoding must be chunked, once; got ${JSON.stringify(value)}`;
    throw new Http1ProtocolError('LML_ERR_HTTP1_BAD_TRANSFER_ENCODING', message);
  }
}

function isBlank(byte: number): boolean {
  return byte === SP || byte === HTAB;
}

function badName(byte: number): Http1ProtocolError {
  const message = `header name holds byte ${hex(byte)}, which is not allowed there`;
  return new Http1ProtocolError('LML_ERR_HTTP1_BAD_FIELD_NAME', message);
}

function badValue(byte: number): Http1ProtocolError {
  if (byte === LF) return badLineEnd();
  const message = `header value holds byte ${hex(byte)}, which is not allowed there`;
  return new Http1ProtocolError('LML_ERR_HTTP1_BAD_FIELD_VALUE', message);
}

/** A CR without LF, or an LF without CR. */
export function badLineEnd(): Http1ProtocolError {
  return new Http1ProtocolError('LML_ERR_HTTP1_BAD_LINE_END', 'a line does not end in CR LF');
}

function badLength(): Http1ProtocolError {
  const message = `content-length must be 1 to ${MAX_LENGTH_DIGITS} digits`;
  return new Http1ProtocolError('LML_ERR_HTTP1_BAD_CONTENT_LENGTH', message);
}

function tooMany(maximum: number): Http1ProtocolError {
  return new Http1ProtocolError('LML_ERR_HTTP1_TOO_MANY_HEADERS', `there are more than ${maximum} header lines`);
}

/** A byte for messages. */
export function hex(byte: number): string {
  return `0x${byte.toString(16).padStart(2, '0')}`;
}

/** 15 digits are below 2 ** 53, where numbers are exact. */
const MAX_LENGTH_DIGITS = 15;
/** Registered codings of RFC 9112 section 7, in front of a final `chunked`, are well-formed but not supported. */
const UNSUPPORTED_CODINGS = /^(?:(?:gzip|x-gzip|deflate|compress|x-compress)[ \t]*,[ \t]*)+chunked$/i;
