import type { TimeoutError } from '@lamella/service-core';
import type { BodyDecoder } from '../codec/body-decoder.ts';
import { ChunkedBodyDecoder, LengthBodyDecoder, UntilCloseBodyDecoder } from '../codec/body-decoder.ts';
import { encodeRequestLine } from '../codec/head-encoder.ts';
import type { ResponseHead } from '../codec/response-head-decoder.ts';
import { ResponseHeadDecoder } from '../codec/response-head-decoder.ts';
import { Http1ProtocolError } from '../errors.ts';
import type { HttpHeaders } from '../message/http-headers.ts';
import { isBodyless } from '../message/status.ts';
import type { Http1ClientTimeouts } from './http1-client-deadlines.ts';
import { Http1ClientDeadlines } from './http1-client-deadlines.ts';
import { Http1Inbound } from './http1-inbound.ts';
import type { Http1Limits } from './http1-limits.ts';
import type { OutboundFraming, OutputPart } from './http1-outbound.ts';
import { Http1Outbound } from './http1-outbound.ts';
import type { OutboundFields } from './outbound-fields.ts';
import { encodeFields, readOutboundFields } from './outbound-fields.ts';

/** What a client has to do next. */
export type Http1ClientEvent =
  /** An interim response: 100, or 102 to 199. */
  | { readonly type: 'informational'; readonly head: ResponseHead }
  /** The response. `hasBody` says that `data` and `end` follow. `hasSwitched` says that the connection left HTTP. */
  | { readonly type: 'response'; readonly head: ResponseHead; readonly hasBody: boolean; readonly hasSwitched: boolean }
  /** Bytes of the body: a view of the input, valid until the next call of the protocol. */
  | { readonly type: 'data'; readonly bytes: Uint8Array }
  /** The body has ended. */
  | { readonly type: 'end'; readonly trailers: HttpHeaders | undefined }
  /** The peer has ended its direction between two exchanges. */
  | { readonly type: 'closed' }
  /** The peer broke a rule, or ended in the middle; the connection is of no use any more. */
  | { readonly type: 'failed'; readonly error: Http1ProtocolError }
  /** The peer is too slow; the connection is of no use any more. */
  | { readonly type: 'timeout'; readonly error: TimeoutError };

/** The head of a request, as the driver gives it. */
export interface RequestCommand {
  readonly method: string;
  /** The target as it goes on the wire. */
  readonly target: string;
  readonly headers: HttpHeaders;
  /** Host and optional port, for the Host field if there is none. */
  readonly authority: string;
  /** Number of bytes of the body, if known. */
  readonly size: number | undefined;
  /** Whether the head of the response may take any time. Default false. */
  readonly allowsLateHead?: boolean;
}

/** Options of {@link Http1ClientProtocol}. */
export interface Http1ClientProtocolOptions {
  readonly limits: Http1Limits;
  readonly timeouts: Http1ClientTimeouts;
  /** Most interim responses to one request. */
  readonly maxInformational: number;
}

/**
 * The client side of one HTTP/1.x connection, without IO.
 *
 * @remarks
 * Source: RFC 9112, and RFC 9110 for what messages mean. One request at a time: nothing is pipelined. Deviations, all towards
 * strictness: those of the server side; and a response with both Content-Length and Transfer-Encoding is refused rather than
 * read as chunked (RFC 9112 section 6.3 leaves the choice).
 */
export class Http1ClientProtocol {
  readonly #options: Http1ClientProtocolOptions;
  readonly #inbound: Http1Inbound<ResponseHead>;
  readonly #outbound = new Http1Outbound();
  readonly #deadlines: Http1ClientDeadlines;
  #method = '';
  #mayUpgrade = false;
  #keepsAlive = true;
  #informationalCount = 0;
  #timeout: TimeoutError | undefined;

  constructor(options: Http1ClientProtocolOptions) {
    this.#options = options;
    this.#inbound = new Http1Inbound(new ResponseHeadDecoder(options.limits));
    this.#deadlines = new Http1ClientDeadlines(options.timeouts);
  }

  /** Whether the next request may be sent. */
  get isIdle(): boolean {
    return this.#outbound.state === 'idle' && this.#inbound.state === 'idle' && this.#keepsAlive;
  }

  /** Whether the request has been sent whole. */
  get hasSentRequest(): boolean {
    return this.#outbound.state !== 'head' && this.#outbound.state !== 'body';
  }

  /** Whether the response has come whole, to whoever has sent a request. */
  get hasResponse(): boolean {
    return this.#inbound.state === 'done' || this.isIdle;
  }

  /** Whether the response is complete and no further request may be sent. */
  get isOver(): boolean {
    return !this.#keepsAlive && this.#inbound.state === 'done';
  }

  // ---- from the peer

  /** Takes bytes; borrowed until {@link nextEvent} gives `undefined`. */
  receiveBytes(bytes: Uint8Array): void {
    this.#inbound.receiveBytes(bytes);
  }

  /** The peer has ended its direction. */
  receiveEnd(): void {
    this.#inbound.receiveEnd();
  }

  /** Time has passed. */
  handleTimeout(nowMs: number): void {
    this.#timeout ??= this.#deadlines.check(nowMs);
  }

  // ---- for the driver

  /** @returns What to do next, or `undefined`. */
  nextEvent(nowMs: number): Http1ClientEvent | undefined {
    if (this.#timeout !== undefined) return this.#takeTimeout(this.#timeout);
    if (this.#isUnsolicited) return this.#failed(unsolicited());
    const event = this.#inbound.nextEvent();
    if (event === undefined) return undefined;
    switch (event.type) {
      case 'head':
        return this.#takeHead(event.head, nowMs);
      case 'data':
        this.#deadlines.noteBody(nowMs);
        return event;
      case 'end':
        this.#endResponse();
        return event;
      case 'closed':
        if (this.#outbound.state !== 'idle') return this.#failed(noResponse());
        this.#keepsAlive = false;
        this.#outbound.close();
        return event;
      case 'failed':
        return this.#failed(event.error);
    }
  }

  /** Whether there is something to write. */
  get hasOutput(): boolean {
    return this.#outbound.hasOutput;
  }

  /** Makes what there is to write its own: see {@link Http1Outbound.ownOutput}. */
  ownOutput(maxBytes: number): boolean {
    return this.#outbound.ownOutput(maxBytes);
  }

  /** @returns What to write, in order, and forgets it. */
  takeOutput(): readonly OutputPart[] {
    return this.#outbound.takeOutput();
  }

  /** When {@link handleTimeout} is due; `Infinity` if nothing is waited for. */
  nextTimeoutMs(): number {
    return this.#deadlines.nextMs;
  }

  // ---- from above

  /**
   * Sends the head of a request.
   *
   * @returns Whether the body should wait for 100 (Continue).
   * @throws Http1ProtocolError, local: `LML_ERR_HTTP1_WRONG_STATE` unless {@link isIdle}; `LML_ERR_HTTP1_FORBIDDEN_FIELD` if a
   * CONNECT has content; `LML_ERR_HTTP1_BAD_HOST` if Host stands there twice; `LML_ERR_HTTP1_BODY_LENGTH_MISMATCH` if Content-Length is wrong.
   */
  sendHead(command: RequestCommand, nowMs: number): boolean {
    const { method, target, headers, authority } = command;
    const fields = readOutboundFields(headers);
    const framing = this.#framingOf(command, fields);
    if (fields.hostCount > 1) throw twoHosts();
    // RFC 9112 section 3.2: Host goes first where it is ours to place.
    const host = fields.hostCount > 0 ? '' : `Host: ${authority}\r\n`;
    const lines = encodeFields(headers, fields, framing);
    this.#outbound.begin();
    this.#outbound.sendHead(`${encodeRequestLine(method, target)}${host}${lines}\r\n`, framing);
    this.#method = method;
    this.#mayUpgrade = fields.hasUpgrade && fields.hasConnectionUpgrade;
    this.#keepsAlive = !fields.hasClose;
    this.#informationalCount = 0;
    this.#deadlines.allowsLateHead = command.allowsLateHead === true;
    this.#deadlines.startHead(nowMs);
    // RFC 9110 section 10.1.1: without content there is nothing to wait for.
    return fields.expectsContinue && (framing.type === 'chunked' || (framing.type === 'length' && framing.length > 0));
  }

  /** Sends a piece of the body, which belongs to the protocol from now on. Text has one character a byte. */
  sendData(data: OutputPart, nowMs: number): void {
    this.#outbound.sendData(data);
    if (this.#inbound.state === 'idle') this.#deadlines.startHead(nowMs);
  }

  /** Ends the request. */
  sendEnd(trailers: HttpHeaders | undefined): void {
    this.#outbound.sendEnd(trailers);
    this.#advance();
  }

  /** Gives the rest of the request up: the connection can only be read to the end of the response. */
  abandonRequest(): void {
    this.#keepsAlive = false;
    this.#outbound.close();
  }

  /** The body is being waited for, or not: only then must it come on. */
  wantBody(isWanted: boolean, nowMs: number): void {
    if (this.#inbound.state !== 'body') return;
    if (isWanted) this.#deadlines.startBody(nowMs);
    else this.#deadlines.stopInbound();
  }

  /** The peer takes nothing of what is written, or takes it again. */
  blockWrite(isBlocked: boolean, nowMs: number): void {
    if (isBlocked) this.#deadlines.startWrite(nowMs);
    else {
      this.#deadlines.stopWrite();
      if (this.#inbound.state === 'idle' && this.#outbound.state !== 'idle') this.#deadlines.startHead(nowMs);
    }
  }

  /** @returns Bytes that came behind the head that took the connection out of HTTP. */
  switchOver(): Uint8Array {
    return this.#inbound.switchOver();
  }

  #takeHead(head: ResponseHead, nowMs: number): Http1ClientEvent {
    if (head.status < 200 && head.status !== 101) return this.#takeInformational(head, nowMs);
    const error = this.#checkHead(head);
    if (error !== undefined) {
      this.#inbound.fail();
      return this.#failed(error);
    }
    this.#deadlines.stopInbound();
    if (head.status === 101 || this.#isTunnel(head.status)) return this.#takeSwitch(head);

    const isPersistent = head.version === '1.1' ? !head.hasClose : head.hasKeepAlive && !head.hasClose;
    if (!isPersistent) this.#keepsAlive = false;
    const body = this.#bodyOf(head);
    this.#inbound.startBody(body);
    if (body === undefined) this.#endResponse();
    return { type: 'response', head, hasBody: body !== undefined, hasSwitched: false };
  }

  /** Interim responses have no body and end nothing. RFC 9110 section 15.2. */
  #takeInformational(head: ResponseHead, nowMs: number): Http1ClientEvent {
    if (++this.#informationalCount > this.#options.maxInformational) {
      this.#inbound.fail();
      const message = `there are more than ${this.#options.maxInformational} interim responses to one request`;
      return this.#failed(new Http1ProtocolError('LML_ERR_HTTP1_TOO_MANY_INFORMATIONAL', message));
    }
    this.#inbound.startBody(undefined);
    this.#inbound.next();
    this.#deadlines.startHead(nowMs);
    return { type: 'informational', head };
  }

  /** Nothing was asked, or the answer is complete already: a client never has two requests under way. */
  get #isUnsolicited(): boolean {
    if (this.#inbound.bytesWaiting === 0 || this.#outbound.state === 'switched') return false;
    return this.#outbound.state === 'idle' || this.#inbound.state === 'done';
  }

  #takeSwitch(head: ResponseHead): Http1ClientEvent {
    this.#deadlines.stopWrite();
    this.#inbound.startBody(undefined);
    this.#outbound.switchOver('');
    return { type: 'response', head, hasBody: false, hasSwitched: true };
  }

  /** RFC 9110 section 9.3.6: any 2xx answer to CONNECT makes the connection a tunnel. */
  #isTunnel(status: number): boolean {
    return this.#method === 'CONNECT' && status >= 200 && status <= 299;
  }

  #checkHead(head: ResponseHead): Http1ProtocolError | undefined {
    if (head.status === 101 || this.#isTunnel(head.status)) {
      // The framing fields of such a head mean nothing. A request that is not sent whole can't end in another protocol.
      const isAsked = this.#outbound.state === 'done' && (this.#mayUpgrade || head.status !== 101);
      return isAsked ? undefined : badSwitch();
    }
    if (head.isChunked && head.contentLength >= 0) {
      const message = 'a message must not have both content-length and transfer-encoding';
      return new Http1ProtocolError('LML_ERR_HTTP1_LENGTH_AND_TRANSFER_ENCODING', message);
    }
    if (head.isChunked && (head.version === '1.0' || head.status === 204)) {
      const message = 'transfer-encoding has no place in this response';
      return new Http1ProtocolError('LML_ERR_HTTP1_BAD_TRANSFER_ENCODING', message);
    }
    return undefined;
  }

  /** RFC 9112 section 6.3. */
  #bodyOf(head: ResponseHead): BodyDecoder | undefined {
    if (this.#method === 'HEAD' || isBodyless(head.status)) return undefined;
    if (head.isChunked) return new ChunkedBodyDecoder(this.#options.limits);
    if (head.contentLength >= 0) {
      return head.contentLength > 0 ? new LengthBodyDecoder(head.contentLength) : undefined;
    }
    this.#keepsAlive = false;
    return new UntilCloseBodyDecoder();
  }

  #framingOf(command: RequestCommand, fields: OutboundFields): OutboundFraming {
    const length = command.size ?? (fields.contentLength >= 0 ? fields.contentLength : undefined);
    if (command.method === 'CONNECT') {
      if (length !== 0) throw connectWithContent();
      return { type: 'none' };
    }
    if (length === undefined) return { type: 'chunked' };
    // RFC 9110 section 8.6: methods that expect content say so even if there is none.
    if (length === 0 && fields.contentLength < 0 && !EXPECTS_CONTENT.has(command.method)) return { type: 'none' };
    return { type: 'length', length };
  }

  #failed(error: Http1ProtocolError): Http1ClientEvent {
    this.#keepsAlive = false;
    this.#deadlines.stopInbound();
    this.#deadlines.stopWrite();
    if (this.#inbound.state !== 'failed') this.#inbound.close();
    this.#outbound.close();
    return { type: 'failed', error };
  }

  #takeTimeout(error: TimeoutError): Http1ClientEvent {
    this.#timeout = undefined;
    this.#keepsAlive = false;
    this.#deadlines.stopInbound();
    this.#deadlines.stopWrite();
    this.#inbound.close();
    this.#outbound.close();
    return { type: 'timeout', error };
  }

  #endResponse(): void {
    this.#deadlines.stopInbound();
    this.#advance();
  }

  /** Both directions are done: ready for the next request. */
  #advance(): void {
    if (this.#outbound.state !== 'done' || this.#inbound.state !== 'done' || !this.#keepsAlive) return;
    this.#inbound.next();
    this.#outbound.next();
  }
}

function unsolicited(): Http1ProtocolError {
  return new Http1ProtocolError('LML_ERR_HTTP1_UNEXPECTED_BYTES', 'the peer sent bytes that no request asked for');
}

function noResponse(): Http1ProtocolError {
  return new Http1ProtocolError('LML_ERR_HTTP1_UNEXPECTED_END', 'the connection ended before the response');
}

function badSwitch(): Http1ProtocolError {
  return new Http1ProtocolError('LML_ERR_HTTP1_BAD_SWITCH', 'the peer switched protocols without being asked');
}

/** RFC 9112 section 3.2: each server on the way might take another one of them for the right one. */
function twoHosts(): Http1ProtocolError {
  const message = 'a request must not have more than one Host field';
  return new Http1ProtocolError('LML_ERR_HTTP1_BAD_HOST', message, { origin: 'local' });
}

/** RFC 9110 section 9.3.6. */
function connectWithContent(): Http1ProtocolError {
  const message = 'a CONNECT request must not have content';
  return new Http1ProtocolError('LML_ERR_HTTP1_FORBIDDEN_FIELD', message, { origin: 'local' });
}

const EXPECTS_CONTENT: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH']);
