import { Http1ProtocolError } from '../errors.ts';
import { hasListToken } from '../message/field-syntax.ts';
import type { HttpHeaders } from '../message/http-headers.ts';
import type { OutboundFraming } from './http1-outbound.ts';

/** What the fields of an outbound message say about its framing and its connection. */
export interface OutboundFields {
  /** Content-Length in bytes, or -1. */
  readonly contentLength: number;
  readonly hasTransferEncoding: boolean;
  /** How many times Host stands there. */
  readonly hostCount: number;
  readonly hasDate: boolean;
  /** Whether Connection has `close`. */
  readonly hasClose: boolean;
  /** Whether Connection has `upgrade`. */
  readonly hasConnectionUpgrade: boolean;
  readonly hasUpgrade: boolean;
  /** Whether Expect is `100-continue`. */
  readonly expectsContinue: boolean;
}

/** Reads the fields that matter to the engine. @throws Http1ProtocolError, local, if Content-Length is not one number. */
export function readOutboundFields(headers: HttpHeaders): OutboundFields {
  let facts: Writable<OutboundFields> | undefined; // most messages have nothing to note
  const { flat } = headers;
  for (let index = 0; index < flat.length; index += 2) {
    const name = flat[index] as string; // names and values come in pairs
    switch (name.length) {
      case 4:
      case 6:
      case 7:
      case 10:
      case 14:
      case 17:
        facts ??= { ...NO_FIELDS };
        note(facts, name.toLowerCase(), flat[index + 1] as string);
    }
  }
  return facts ?? NO_FIELDS;
}

/**
 * The field lines of an outbound message: as given, but with the framing that the engine has computed itself.
 *
 * @remarks
 * A Content-Length that agrees stays where it stands; a Transfer-Encoding is never passed on.
 */
export function encodeFields(headers: HttpHeaders, fields: OutboundFields, framing: OutboundFraming): string {
  switch (framing.type) {
    case 'length':
      if (fields.contentLength === framing.length) return withoutFraming(headers, fields, false);
      if (fields.contentLength >= 0) throw lengthMismatch(fields.contentLength, framing.length);
      return `${withoutFraming(headers, fields, false)}Content-Length: ${framing.length}\r\n`;
    case 'chunked':
      return `${withoutFraming(headers, fields, true)}Transfer-Encoding: chunked\r\n`;
    default:
      return withoutFraming(headers, fields, true);
  }
}

/**
 * The field lines of a response without a body: an answer to HEAD, and 304, may say how long the body would be; 204 must not. RFC 9110
 * section 8.6.
 *
 * @param response - `size`: number of bytes of that body, if known.
 */
export function encodeBodylessFields(
  {
    status,
    headers,
    size,
  }: { readonly status: number; readonly headers: HttpHeaders; readonly size: number | undefined },
  fields: OutboundFields,
): string {
  const mayTell = status === 304 || (status >= 200 && status !== 204);
  const lines = withoutFraming(headers, fields, !mayTell);
  const isLengthKnown = size !== undefined && size > 0;
  const tells = mayTell && status !== 304 && fields.contentLength < 0 && isLengthKnown;
  return tells ? `${lines}Content-Length: ${size}\r\n` : lines;
}

/** The field lines without Transfer-Encoding and, if told, without Content-Length. */
export function withoutFraming(headers: HttpHeaders, fields: OutboundFields, dropsLength: boolean): string {
  const isClean = !fields.hasTransferEncoding && !(dropsLength && fields.contentLength >= 0);
  if (isClean) return headers.toString();
  const copy = headers.clone();
  copy.delete('transfer-encoding');
  if (dropsLength) copy.delete('content-length');
  return copy.toString();
}

function note(facts: Writable<OutboundFields>, name: string, value: string): void {
  switch (name) {
    case 'host':
      facts.hostCount++;
      break;
    case 'date':
      facts.hasDate = true;
      break;
    case 'expect':
      facts.expectsContinue = value.toLowerCase() === '100-continue';
      break;
    case 'upgrade':
      facts.hasUpgrade = true;
      break;
    case 'connection':
      facts.hasClose ||= hasListToken(value, 'close');
      facts.hasConnectionUpgrade ||= hasListToken(value, 'upgrade');
      break;
    case 'content-length':
      facts.contentLength = lengthOf(value, facts.contentLength);
      break;
    case 'transfer-encoding':
      facts.hasTransferEncoding = true;
      break;
  }
}

function lengthOf(value: string, known: number): number {
  // A second one, even an equal one, would be refused by whoever receives it (RFC 9112 section 6.3, rule 5).
  if (!/^[0-9]{1,15}$/.test(value) || known >= 0) {
    const message = `content-length must be one number, once; got ${JSON.stringify(value)}`;
    throw new Http1ProtocolError('LML_ERR_HTTP1_BAD_CONTENT_LENGTH', message, { origin: 'local' });
  }
  return Number(value);
}

function lengthMismatch(stated: number, actual: number): Http1ProtocolError {
  const message = `content-length says ${stated} bytes, but the body has ${actual}`;
  return new Http1ProtocolError('LML_ERR_HTTP1_BODY_LENGTH_MISMATCH', message, { origin: 'local' });
}

type Writable<Shape> = { -readonly [Key in keyof Shape]: Shape[Key] };

const NO_FIELDS: OutboundFields = {
  contentLength: -1,
  hasTransferEncoding: false,
  hostCount: 0,
  hasDate: false,
  hasClose: false,
  hasConnectionUpgrade: false,
  hasUpgrade: false,
  expectsContinue: false,
};
