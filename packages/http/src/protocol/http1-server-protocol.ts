import type { TimeoutError } from '@lamella/service-core';
import { UsageError } from '@lamella/service-core';
import type { BodyDecoder } from '../codec/body-decoder.ts';
import { ChunkedBodyDecoder, LengthBodyDecoder } from '../codec/body-decoder.ts';
import { encodeStatusLine } from '../codec/head-encoder.ts';
import type { RequestHead } from '../codec/request-head-decoder.ts';
import { RequestHeadDecoder } from '../codec/request-head-decoder.ts';
import { Http1ProtocolError } from '../errors.ts';
import { isFieldValue } from '../message/field-syntax.ts';
import type { HttpHeaders } from '../message/http-headers.ts';
import { isBodyless } from '../message/status.ts';
import { Http1Inbound } from './http1-inbound.ts';
import type { Http1Limits } from './http1-limits.ts';
import type { OutboundFraming, OutputPart } from './http1-outbound.ts';
import { Http1Outbound } from './http1-outbound.ts';
import type { Http1ServerTimeouts } from './http1-server-deadlines.ts';
import { Http1ServerDeadlines } from './http1-server-deadlines.ts';
import type { OutboundFields } from './outbound-fields.ts';
import { encodeBodylessFields, encodeFields, readOutboundFields, withoutFraming } from './outbound-fields.ts';
import { RequestHeadCheck } from './request-head-check.ts';

/** What a server has to do next. */
export type Http1ServerEvent =
  /** A request. `hasBody` says that `data` and `end` follow. */
  | { readonly type: 'request'; readonly head: RequestHead; readonly hasBody: boolean }
  /** Bytes of the body: a view of the input, valid until the next call of the protocol. */
  | { readonly type: 'data'; readonly bytes: Uint8Array }
  /** The body has ended. */
  | { readonly type: 'end'; readonly trailers: HttpHeaders | undefined }
  /** The peer has ended its direction between two requests. */
  | { readonly type: 'closed' }
  /** The peer broke a rule. If `canRespond`, an error response is due; the connection ends after it in any case. */
  | { readonly type: 'failed'; readonly error: Http1ProtocolError; readonly canRespond: boolean }
  /** The peer is too slow. If `canRespond`, an error response is due; the connection ends after it in any case. */
  | { readonly type: 'timeout'; readonly error: TimeoutError; readonly canRespond: boolean };

/** The head of a response, as the driver gives it. */
export interface ResponseCommand {
  readonly status: number;
  readonly reason: string;
  readonly headers: HttpHeaders;
  /** Number of bytes of the body, if known. */
  readonly size: number | undefined;
  /** Whether the connection shall end after this response. */
  readonly close: boolean;
  /** The field line of the date, for where there is no Date field. */
  readonly dateLine: string;
}

/** Options of {@link Http1ServerProtocol}. */
export interface Http1ServerProtocolOptions {
  readonly limits: Http1Limits;
  readonly timeouts: Http1ServerTimeouts;
  /** Requests after which the connection ends. */
  readonly maxRequests: number;
}

/**
 * The server side of one HTTP/1.x connection, without IO.
 *
 * @remarks
 * Source: RFC 9112, and RFC 9110 for what messages mean. Requests are answered one after the other; a pipelined request waits
 * as bytes until the answer before it is complete. Deviations, all towards strictness: a bare LF never ends a line, folded
 * lines and a second Content-Length are refused, and so is a Transfer-Encoding other than `chunked`.
 */
export class Http1ServerProtocol {
  readonly #options: Http1ServerProtocolOptions;
  readonly #inbound: Http1Inbound<RequestHead>;
  readonly #outbound = new Http1Outbound();
  readonly #check = new RequestHeadCheck();
  readonly #deadlines: Http1ServerDeadlines;
  #request: RequestHead | undefined;
  #requestCount = 0;
  #keepsAlive = true;
  #owesContinue = false;
  #timeout: TimeoutError | undefined;

  constructor(options: Http1ServerProtocolOptions, nowMs: number) {
    this.#options = options;
    this.#inbound = new Http1Inbound(new RequestHeadDecoder(options.limits));
    this.#deadlines = new Http1ServerDeadlines(options.timeouts, nowMs);
  }

  /** Whether no request is under way, not even a part of one. */
  get isIdle(): boolean {
    return this.#outbound.state === 'idle' && !this.#inbound.isPartial && this.#inbound.bytesWaiting === 0;
  }

  /** Whether the connection has to end: the exchange is over and none may follow. */
  get isOver(): boolean {
    switch (this.#outbound.state) {
      case 'closed':
        return true;
      case 'done':
        return !this.#keepsAlive;
      default:
        return this.#outbound.state === 'idle' && this.#inbound.state === 'closed';
    }
  }

  /** Whether the request body has not ended. */
  get isReceivingBody(): boolean {
    return this.#inbound.state === 'body';
  }

  /** Whether the response that is being sent has a body. */
  get sendsBody(): boolean {
    return this.#outbound.sendsBody;
  }

  /** Whether the response that is being sent has no stated length, so that it may end anywhere. */
  get mayEndEarly(): boolean {
    return this.#outbound.mayEndEarly;
  }

  /** Whether a response may begin now. */
  get awaitsResponse(): boolean {
    return this.#outbound.state === 'head';
  }

  /** Whether the client waits for 100 (Continue) before it sends its body. */
  get owesContinue(): boolean {
    return this.#owesContinue;
  }

  /** Bytes of later requests that wait. */
  get bytesWaiting(): number {
    return this.#inbound.bytesWaiting;
  }

  /** Whether a deadline has passed that {@link nextEvent} has not told of yet. */
  get hasTimedOut(): boolean {
    return this.#timeout !== undefined;
  }

  /** Requests so far. */
  get requestCount(): number {
    return this.#requestCount;
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
  nextEvent(nowMs: number): Http1ServerEvent | undefined {
    if (this.#timeout !== undefined) return this.#takeTimeout(this.#timeout);
    const event = this.#inbound.nextEvent();
    if (event === undefined) {
      if (this.#outbound.state === 'idle') {
        if (this.#inbound.isPartial) this.#deadlines.startHead(nowMs);
        // A tunnel that is still being made may well be ended on one side already.
      } else if (this.#inbound.hasEnded && this.#request?.method !== 'CONNECT') this.#deadlines.startHalfClosed(nowMs);
      return undefined;
    }
    switch (event.type) {
      case 'head':
        return this.#takeHead(event.head);
      case 'data':
        this.#owesContinue = false; // who sends content does not wait for leave to do so
        this.#deadlines.noteBody(event.bytes.length);
        return event;
      case 'end':
        this.#owesContinue = false;
        this.#deadlines.stopInbound();
        this.#advance(nowMs);
        return event;
      case 'failed':
        return this.#failed(event.error);
      case 'closed':
        this.#deadlines.stopInbound();
        return event;
    }
  }

  /** The driver takes no more events for now: the input is not borrowed any more. */
  hold(): void {
    this.#inbound.hold();
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
    const output = this.#outbound.takeOutput();
    if (output.length > 0) this.#deadlines.noteAnswer();
    return output;
  }

  /** When {@link handleTimeout} is due; `Infinity` if nothing is waited for. */
  nextTimeoutMs(): number {
    return this.#deadlines.nextMs;
  }

  // ---- from above

  /** The body is being read, or not: only a body that is read, and not allowed to be quiet, must come on. Sends 100 (Continue) where it is owed. */
  wantBody(isWanted: boolean, nowMs: number, allowsQuiet = false): void {
    if (this.#inbound.state !== 'body') return;
    if (isWanted && !allowsQuiet) this.#deadlines.startBody(nowMs);
    else this.#deadlines.pauseBody(nowMs);
    if (isWanted && this.#owesContinue && this.#outbound.state === 'head') {
      this.#owesContinue = false;
      this.#outbound.sendInformational('HTTP/1.1 100 Continue\r\n\r\n');
    }
  }

  /** The peer takes nothing of what is written, or takes it again. */
  blockWrite(isBlocked: boolean, nowMs: number): void {
    if (isBlocked) this.#deadlines.startWrite(nowMs);
    else this.#deadlines.stopWrite();
  }

  /**
   * Sends an interim response; HTTP/1.0 clients, who know none, are spared. RFC 9110 section 15.2.
   *
   * @throws UsageError if the status is not 100, or 102 to 199, or the reason is no valid one.
   */
  sendInformational(status: number, reason: string, headers: HttpHeaders): void {
    if (!(Number.isInteger(status) && status >= 100 && status <= 199 && status !== 101)) {
      throw new UsageError(`the status of an interim response must be 100, or 102 to 199, got ${status}`);
    }
    if (!isFieldValue(reason)) throw new UsageError('the reason phrase holds a character that it may not hold');
    if (status === 100) this.#owesContinue = false;
    if (this.#request?.version === '1.0') return;
    const lines = withoutFraming(headers, readOutboundFields(headers), true);
    this.#outbound.sendInformational(`${encodeStatusLine(status, reason)}${lines}\r\n`);
  }

  /**
   * Sends the head of the response.
   *
   * @throws Http1ProtocolError, local: `LML_ERR_HTTP1_BAD_SWITCH` if the client would leave HTTP after this head, by 101 or 2xx
   * to CONNECT, or wait for another one, by any other 1xx; `LML_ERR_HTTP1_BODY_LENGTH_MISMATCH` if Content-Length is wrong.
   */
  sendHead(command: ResponseCommand): void {
    const { status, reason, headers } = command;
    if (status < 200 || this.#isTunnel(status)) throw badSwitch(`status ${status} does not end this exchange`);
    const fields = readOutboundFields(headers);
    const framing = this.#framingOf(command, fields);
    const lines =
      framing.type === 'none' ? encodeBodylessFields(command, fields) : encodeFields(headers, fields, framing);
    this.#decideKeepAlive(command, fields, framing);
    const date = fields.hasDate ? '' : command.dateLine;
    const connection = this.#connectionLine(fields);
    this.#outbound.sendHead(`${encodeStatusLine(status, reason)}${lines}${date}${connection}\r\n`, framing);
  }

  /** Sends a piece of the body, which belongs to the protocol from now on. Text has one character a byte. */
  sendData(data: OutputPart): void {
    this.#outbound.sendData(data);
  }

  /** Ends the response. */
  sendEnd(trailers: HttpHeaders | undefined, nowMs: number): void {
    this.#outbound.sendEnd(trailers);
    this.#advance(nowMs);
  }

  /** Whether an upgrade with `status` fits the request: 101 to one that asked for it, 2xx to CONNECT. */
  canSwitch(status: number): boolean {
    if (status !== 101) return this.#isTunnel(status);
    return this.#request?.wantsUpgrade === true && this.#request.version === '1.1';
  }

  /**
   * Sends the head that takes the connection out of HTTP. The request must be complete.
   *
   * @returns Bytes that came behind the request: the first ones of the other protocol.
   * @throws Http1ProtocolError, local: `LML_ERR_HTTP1_BAD_SWITCH` unless {@link canSwitch}.
   */
  switchOver(status: number, reason: string, headers: HttpHeaders, dateLine: string): Uint8Array {
    if (!this.canSwitch(status)) throw badSwitch(`status ${status} does not fit the request`);
    const fields = readOutboundFields(headers);
    const lines = withoutFraming(headers, fields, true);
    const rest = this.#inbound.switchOver();
    const date = fields.hasDate ? '' : dateLine;
    const connection = status === 101 && !fields.hasConnectionUpgrade ? 'Connection: Upgrade\r\n' : '';
    this.#outbound.switchOver(`${encodeStatusLine(status, reason)}${lines}${date}${connection}\r\n`);
    this.#deadlines.stop();
    this.#request = undefined; // over, while what it became may last for days
    return rest;
  }

  /** No request may follow the one under way. */
  stopKeepAlive(): void {
    this.#keepsAlive = false;
  }

  #takeHead(head: RequestHead): Http1ServerEvent {
    this.#requestCount++;
    this.#request = head;
    this.#outbound.begin();
    this.#deadlines.stopInbound();
    const error = this.#check.check(head);
    if (error !== undefined) {
      this.#inbound.fail();
      return this.#failed(error);
    }
    const isPersistent = head.version === '1.1' ? !head.hasClose : head.hasKeepAlive && !head.hasClose;
    this.#keepsAlive = isPersistent && this.#requestCount < this.#options.maxRequests;
    const body = this.#bodyOf(head);
    this.#inbound.startBody(body);
    this.#owesContinue = body !== undefined && head.expectsContinue && head.version === '1.1';
    return { type: 'request', head, hasBody: body !== undefined };
  }

  /** RFC 9112 section 6.3: without a length and without chunks, a request has no body. */
  #bodyOf(head: RequestHead): BodyDecoder | undefined {
    if (head.isChunked) return new ChunkedBodyDecoder(this.#options.limits);
    return head.contentLength > 0 ? new LengthBodyDecoder(head.contentLength) : undefined;
  }

  #failed(error: Http1ProtocolError): Http1ServerEvent {
    this.#keepsAlive = false;
    this.#deadlines.stopInbound();
    if (this.#outbound.state === 'idle') this.#outbound.begin();
    const canRespond = this.#outbound.state === 'head';
    if (!canRespond) this.#outbound.close();
    return { type: 'failed', error, canRespond };
  }

  #takeTimeout(error: TimeoutError): Http1ServerEvent {
    this.#timeout = undefined;
    this.#keepsAlive = false;
    this.#deadlines.stop();
    const isIdle = this.isIdle;
    if (this.#outbound.state === 'idle' && !isIdle) this.#outbound.begin();
    const canRespond = this.#outbound.state === 'head' && !UNANSWERED.has(error.limit);
    if (!canRespond && !isIdle) this.#outbound.close();
    this.#inbound.close();
    return { type: 'timeout', error, canRespond };
  }

  /** RFC 9110 section 9.3.6: any 2xx answer to CONNECT makes the connection a tunnel. */
  #isTunnel(status: number): boolean {
    return this.#request?.method === 'CONNECT' && status >= 200 && status <= 299;
  }

  /** RFC 9112 section 6.3. */
  #framingOf(command: ResponseCommand, fields: OutboundFields): OutboundFraming {
    if (this.#request?.method === 'HEAD' || isBodyless(command.status)) return { type: 'none' };
    const length = command.size ?? (fields.contentLength >= 0 ? fields.contentLength : undefined);
    if (length !== undefined) return { type: 'length', length };
    return this.#request?.version === '1.0' ? { type: 'until-close' } : { type: 'chunked' };
  }

  #decideKeepAlive(command: ResponseCommand, fields: OutboundFields, framing: OutboundFraming): void {
    // A client that waits for 100 (Continue) and gets an answer instead may or may not send its body: who could tell?
    const isUnclear = this.#owesContinue || framing.type === 'until-close';
    // RFC 9931 section 8: some clients send what is meant for a tunnel before it stands. It must not be taken for further requests.
    const isRefusedTunnel = this.#request?.method === 'CONNECT';
    if (command.close || fields.hasClose || isUnclear || isRefusedTunnel) this.#keepsAlive = false;
    this.#owesContinue = false;
  }

  #connectionLine(fields: OutboundFields): string {
    if (!this.#keepsAlive) return fields.hasClose ? '' : 'Connection: close\r\n';
    return this.#request?.version === '1.0' ? 'Connection: keep-alive\r\n' : '';
  }

  /** Both directions are done: on to the next request, or to the end. */
  #advance(nowMs: number): void {
    if (this.#outbound.state !== 'done' || this.#inbound.state !== 'done' || !this.#keepsAlive) return;
    this.#request = undefined;
    this.#inbound.next();
    this.#outbound.next();
    this.#deadlines.startIdle(nowMs);
  }
}

/** Whoever is too slow by these hears no answer. */
const UNANSWERED: ReadonlySet<string> = new Set(['writeTimeoutMs', 'halfClosedTimeoutMs']);

function badSwitch(why: string): Http1ProtocolError {
  return new Http1ProtocolError('LML_ERR_HTTP1_BAD_SWITCH', why, { origin: 'local' });
}
