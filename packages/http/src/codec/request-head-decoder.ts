import type { ByteCursor } from '@lamella/net-core';
import { Http1ProtocolError } from '../errors.ts';
import type { HttpHeaders } from '../message/http-headers.ts';
import { fromHead } from '../message/http-headers.ts';
import { CR, IS_TARGET, IS_TOKEN, LF, SP } from './bytes.ts';
import type { FieldScanner } from './field-scanner.ts';
import { badLineEnd, hex, MORE } from './field-scanner.ts';
import type { HeadGrammar, HeadLimits } from './head-decoder.ts';
import { HeadDecoder } from './head-decoder.ts';

/** The head of a request, with what it says about framing. */
export interface RequestHead {
  readonly method: string;
  readonly target: string;
  readonly version: '1.0' | '1.1';
  readonly headers: HttpHeaders;
  /** Content-Length in bytes, or -1. */
  readonly contentLength: number;
  /** Whether Transfer-Encoding is `chunked`. */
  readonly isChunked: boolean;
  readonly hasClose: boolean;
  readonly hasKeepAlive: boolean;
  /** Whether the request asks for an upgrade: an Upgrade field that Connection names. */
  readonly wantsUpgrade: boolean;
  readonly expectsContinue: boolean;
  /** Whether there is an expectation other than `100-continue`. */
  readonly expectsOther: boolean;
  readonly hostCount: number;
  /** Value of the Host field. */
  readonly host: string;
}

/** Decodes the head of a request. RFC 9112 sections 2 to 5. */
export class RequestHeadDecoder {
  readonly #decoder: HeadDecoder<RequestHead>;
  #emptyLine: 'none' | 'cr' | 'skipped' = 'none';

  constructor(limits: HeadLimits) {
    this.#decoder = new HeadDecoder(new RequestGrammar(), limits);
  }

  /** Whether a part of a head has been taken. */
  get isPartial(): boolean {
    return this.#decoder.isPartial;
  }

  /** @returns The head, with the cursor behind it, or `undefined` when the input ran out first. */
  decode(input: ByteCursor): RequestHead | undefined {
    if (this.#emptyLine !== 'skipped' && !this.#decoder.isPartial) this.#skipEmptyLine(input);
    if (input.remaining === 0) return undefined;
    const head = this.#decoder.decode(input);
    if (head !== undefined) this.#emptyLine = 'none';
    return head;
  }

  /** One empty line in front of a request is ignored, as RFC 9112 section 2.2 asks for the sake of old clients. */
  #skipEmptyLine(input: ByteCursor): void {
    if (this.#emptyLine === 'none' && input.peek() === CR) {
      input.next();
      this.#emptyLine = 'cr';
    }
    if (this.#emptyLine === 'cr' && input.remaining > 0) {
      if (input.next() !== LF) throw badLineEnd();
      this.#emptyLine = 'skipped';
    }
  }
}

class RequestGrammar implements HeadGrammar<RequestHead> {
  #methodEnd = 0;
  #targetEnd = 0;
  #minorVersion = 1;

  scanStartLine(bytes: Uint8Array, start: number, end: number): number {
    // Indexes below stay under `end`, so reads are never undefined.
    let at = start;
    while (at < end && IS_TOKEN[bytes[at] as number] === 1) at++;
    if (at >= end) return MORE;
    if (bytes[at] !== SP || at === start) throw badMethod(bytes[at] as number);
    this.#methodEnd = at++ - start;

    const targetStart = at;
    while (at < end && IS_TARGET[bytes[at] as number] === 1) at++;
    if (at >= end) return MORE;
    if (bytes[at] !== SP || at === targetStart) throw badTarget(bytes[at] as number);
    this.#targetEnd = at++ - start;
    return this.#scanVersion(bytes, at, end);
  }

  build(text: string, fieldsStart: number, fields: FieldScanner): RequestHead {
    return {
      method: methodOf(text, this.#methodEnd),
      target: text.slice(this.#methodEnd + 1, this.#targetEnd),
      version: this.#minorVersion === 1 ? '1.1' : '1.0',
      headers: fromHead(text, fieldsStart, fields.initials),
      contentLength: fields.contentLength,
      isChunked: fields.isChunked,
      hasClose: fields.hasClose,
      hasKeepAlive: fields.hasKeepAlive,
      wantsUpgrade: fields.hasUpgrade && fields.hasConnectionUpgrade,
      expectsContinue: fields.expectsContinue,
      expectsOther: fields.expectsOther,
      hostCount: fields.hostCount,
      host: fields.host,
    };
  }

  /** `HTTP/1.0` or `HTTP/1.1`, then CRLF. */
  #scanVersion(bytes: Uint8Array, start: number, end: number): number {
    const available = Math.min(end - start, VERSION_PREFIX.length);
    for (let index = 0; index < available; index++) {
      if (bytes[start + index] !== VERSION_PREFIX.charCodeAt(index)) throw badVersion();
    }
    if (end - start < VERSION_LENGTH + 2) return MORE;
    checkVersionNumber(bytes, start);
    if (bytes[start + VERSION_LENGTH] !== CR || bytes[start + VERSION_LENGTH + 1] !== LF) throw badLineEnd();
    this.#minorVersion = (bytes[start + VERSION_LENGTH - 1] as number) - 0x30;
    return start + VERSION_LENGTH + 2;
  }
}

/** Checks `1.0` or `1.1` behind `HTTP/` at `start`; eight bytes are there. */
export function checkVersionNumber(bytes: Uint8Array, start: number): void {
  const major = (bytes[start + 5] as number) - 0x30;
  const minor = (bytes[start + 7] as number) - 0x30;
  if (bytes[start + 6] !== 0x2e || major < 0 || major > 9 || minor < 0 || minor > 9) throw badVersion();
  if (major !== 1 || minor > 1) {
    const message = `version HTTP/${major}.${minor} is not supported; 1.0 and 1.1 are`;
    throw new Http1ProtocolError('LML_ERR_HTTP1_UNSUPPORTED_VERSION', message);
  }
}

/** Frequent methods as constants, so that comparing them is comparing pointers. */
function methodOf(text: string, end: number): string {
  if (end === 3 && text.startsWith('GET')) return 'GET';
  if (end === 4 && text.startsWith('POST')) return 'POST';
  return text.slice(0, end);
}

function badMethod(byte: number): Http1ProtocolError {
  const message = `the method holds or starts with byte ${hex(byte)}, which is not allowed there`;
  return new Http1ProtocolError('LML_ERR_HTTP1_BAD_METHOD', message);
}

function badTarget(byte: number): Http1ProtocolError {
  if (byte === CR || byte === LF) return badVersion();
  const message = `the request target holds or starts with byte ${hex(byte)}, which is not allowed there`;
  return new Http1ProtocolError('LML_ERR_HTTP1_BAD_TARGET', message);
}

function badVersion(): Http1ProtocolError {
  return new Http1ProtocolError('LML_ERR_HTTP1_BAD_VERSION', 'the start line has no well-formed HTTP version');
}

const VERSION_PREFIX = 'HTTP/';
const VERSION_LENGTH = 8;
