import type { ByteCursor } from '@lamella/net-core';
import { Http1ProtocolError } from '../errors.ts';
import { fromHead, HttpHeaders } from '../message/http-headers.ts';
import type { FieldScanner } from './field-scanner.ts';
import type { HeadGrammar } from './head-decoder.ts';
import { HeadDecoder } from './head-decoder.ts';

/** Limits of a {@link TrailerDecoder}. */
export interface TrailerLimits {
  /** Longest trailer section, in bytes, with its empty line. */
  readonly maxTrailerBytes: number;
  /** Most trailer lines. */
  readonly maxTrailers: number;
}

/** Decodes the trailer section behind the last chunk. RFC 9112 section 7.1.2. */
export class TrailerDecoder {
  readonly #decoder: HeadDecoder<HttpHeaders>;
  readonly #limits: TrailerLimits;

  constructor(limits: TrailerLimits) {
    this.#limits = limits;
    const { maxTrailerBytes, maxTrailers } = limits;
    this.#decoder = new HeadDecoder(TRAILER_GRAMMAR, {
      maxStartLineBytes: maxTrailerBytes,
      maxHeadBytes: maxTrailerBytes,
      maxHeaders: maxTrailers,
    });
  }

  /** @returns The fields, none if the section is empty; `undefined` when the input ran out first. */
  decode(input: ByteCursor): HttpHeaders | undefined {
    if (input.remaining === 0) return undefined;
    try {
      return this.#decoder.decode(input);
    } catch (error) {
      throw asTrailerError(error, this.#limits);
    }
  }
}

const TRAILER_GRAMMAR: HeadGrammar<HttpHeaders> = {
  scanStartLine: (_bytes, start) => start, // there is none
  build(text, fieldsStart, fields) {
    if (decidesFraming(fields)) {
      const message = 'a trailer must not be content-length, transfer-encoding or host';
      throw new Http1ProtocolError('LML_ERR_HTTP1_BAD_TRAILER', message);
    }
    return fields.count === 0 ? HttpHeaders.from() : fromHead(text, fieldsStart, fields.initials);
  },
};

/** RFC 9110 section 6.5.1: framing and routing are settled before the content, never after it. */
function decidesFraming(fields: FieldScanner): boolean {
  return fields.contentLength >= 0 || fields.isChunked || fields.hostCount > 0;
}

function asTrailerError(error: unknown, limits: TrailerLimits): unknown {
  if (!(error instanceof Http1ProtocolError && IS_LIMIT.has(error.code))) return error;
  const message = `the trailers are more than ${limits.maxTrailers} lines or ${limits.maxTrailerBytes} bytes`;
  return new Http1ProtocolError('LML_ERR_HTTP1_TRAILERS_TOO_LARGE', message, { cause: error });
}

const IS_LIMIT: ReadonlySet<string> = new Set(['LML_ERR_HTTP1_HEADERS_TOO_LARGE', 'LML_ERR_HTTP1_TOO_MANY_HEADERS']);
