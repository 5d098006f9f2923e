import type { ByteCursor } from '@lamella/net-core';
import { Http1ProtocolError } from '../errors.ts';
import type { HttpHeaders } from '../message/http-headers.ts';
import { fromHead } from '../message/http-headers.ts';
import { CR, IS_FIELD, LF, SP } from './bytes.ts';
import type { FieldScanner } from './field-scanner.ts';
import { badLineEnd, MORE } from './field-scanner.ts';
import type { HeadGrammar, HeadLimits } from './head-decoder.ts';
import { HeadDecoder } from './head-decoder.ts';
import { checkVersionNumber } from './request-head-decoder.ts';

/** The head of a response, with what it says about framing. */
export interface ResponseHead {
  /** 100 to 999. */
  readonly status: number;
  readonly reason: string;
  readonly version: '1.0' | '1.1';
  readonly headers: HttpHeaders;
  /** Content-Length in bytes, or -1. */
  readonly contentLength: number;
  /** Whether Transfer-Encoding is `chunked`. */
  readonly isChunked: boolean;
  readonly hasClose: boolean;
  readonly hasKeepAlive: boolean;
  /** Value of the Keep-Alive field, or `''`. */
  readonly keepAlive: string;
}

/** Decodes the head of a response. RFC 9112 sections 4 and 5. */
export class ResponseHeadDecoder {
  readonly #decoder: HeadDecoder<ResponseHead>;

  constructor(limits: HeadLimits) {
    this.#decoder = new HeadDecoder(new ResponseGrammar(), limits);
  }

  /** Whether a part of a head has been taken. */
  get isPartial(): boolean {
    return this.#decoder.isPartial;
  }

  /** @returns The head, with the cursor behind it, or `undefined` when the input ran out first. */
  decode(input: ByteCursor): ResponseHead | undefined {
    return input.remaining === 0 ? undefined : this.#decoder.decode(input);
  }
}

class ResponseGrammar implements HeadGrammar<ResponseHead> {
  #status = 0;
  #minorVersion = 1;
  #reasonStart = 0;
  #reasonEnd = 0;

  /** `HTTP/1.1 200 OK`; the blank behind the code may be missing when there is no reason, as some servers send it. */
  scanStartLine(bytes: Uint8Array, start: number, end: number): number {
    const available = Math.min(end - start, PREFIX.length);
    for (let index = 0; index < available; index++) {
      if (bytes[start + index] !== PREFIX.charCodeAt(index)) throw badStatusLine();
    }
    if (end - start < REASON_AT + 1) return MORE;
    checkVersionNumber(bytes, start);
    this.#minorVersion = (bytes[start + 7] as number) - 0x30;
    this.#status = statusAt(bytes, start + 8);

    // Indexes below stay under `end`, so reads are never undefined.
    let at = start + REASON_AT;
    if (bytes[at] === SP) at++;
    else if (bytes[at] !== CR) throw badStatusLine();
    this.#reasonStart = at - start;
    while (at < end && IS_FIELD[bytes[at] as number] === 1) at++;
    this.#reasonEnd = at - start;
    if (at >= end) return MORE;
    if (bytes[at] !== CR) throw bytes[at] === LF ? badLineEnd() : badStatusLine();
    if (at + 1 >= end) return MORE;
    if (bytes[at + 1] !== LF) throw badLineEnd();
    return at + 2;
  }

  build(text: string, fieldsStart: number, fields: FieldScanner): ResponseHead {
    return {
      status: this.#status,
      reason: text.slice(this.#reasonStart, this.#reasonEnd),
      version: this.#minorVersion === 1 ? '1.1' : '1.0',
      headers: fromHead(text, fieldsStart, fields.initials),
      contentLength: fields.contentLength,
      isChunked: fields.isChunked,
      hasClose: fields.hasClose,
      hasKeepAlive: fields.hasKeepAlive,
      keepAlive: fields.keepAlive,
    };
  }
}

/** A blank and three digits, 100 to 999. */
function statusAt(bytes: Uint8Array, at: number): number {
  let status = 0;
  for (let index = 1; index <= 3; index++) {
    const digit = (bytes[at + index] as number) - 0x30; // twelve bytes are there
    if (digit < 0 || digit > 9) throw badStatusLine();
    status = status * 10 + digit;
  }
  if (bytes[at] !== SP || status < 100) throw badStatusLine();
  return status;
}

function badStatusLine(): Http1ProtocolError {
  return new Http1ProtocolError('LML_ERR_HTTP1_BAD_STATUS_LINE', 'the first line is not an HTTP/1 status line');
}

const PREFIX = 'HTTP/';
/** Index behind `HTTP/1.1 200`. */
const REASON_AT = 12;
