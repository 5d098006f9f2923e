import { encodeChunkSize, encodeLastChunk } from '../codec/head-encoder.ts';
import { Http1ProtocolError } from '../errors.ts';
import type { HttpHeaders } from '../message/http-headers.ts';
import type { OutboundState, OutboundStep } from './http1-transitions.ts';
import { nextOutbound } from './http1-transitions.ts';

/** A piece of output: text has one character a byte. */
export type OutputPart = string | Uint8Array;

/** How the body of an outbound message is delimited. */
export type OutboundFraming =
  | { readonly type: 'none' }
  | { readonly type: 'length'; readonly length: number }
  | { readonly type: 'chunked' }
  | { readonly type: 'until-close' };

/** The messages to the peer, one after the other; the same for both sides. */
export class Http1Outbound {
  #output: OutputPart[] | undefined;
  /** Parts of it, from the front, that nobody else can change. */
  #ownParts = 0;
  #state: OutboundState = 'idle';
  #framing: OutboundFraming = NO_BODY;
  #bytesLeft = 0;

  get state(): OutboundState {
    return this.#state;
  }

  /** Whether bytes of a body are sent at all; those of an answer to HEAD are not. */
  get sendsBody(): boolean {
    return this.#framing.type !== 'none';
  }

  /** Whether the body may end after any byte. */
  get mayEndEarly(): boolean {
    return this.#framing.type === 'chunked' || this.#framing.type === 'until-close';
  }

  /** Whether there is something to write. */
  get hasOutput(): boolean {
    return this.#output !== undefined;
  }

  /** @returns What to write, in order, and forgets it. */
  takeOutput(): readonly OutputPart[] {
    const output = this.#output;
    this.#output = undefined;
    this.#ownParts = 0;
    return output ?? NOTHING;
  }

  /**
   * Makes what there is to write its own, so that it may wait: bytes of a service are copied, if they are few.
   *
   * @returns False if they are more than `maxBytes`.
   */
  ownOutput(maxBytes: number): boolean {
    const output = this.#output ?? NOTHING_YET;
    for (; this.#ownParts < output.length; this.#ownParts++) {
      const part = output[this.#ownParts];
      if (part === undefined || typeof part === 'string') continue;
      if (part.length > maxBytes) return false;
      output[this.#ownParts] = Buffer.from(part);
    }
    return true;
  }

  /** A message is due. */
  begin(): void {
    this.#step('begin');
  }

  /** Sends an interim head. */
  sendInformational(text: string): void {
    this.#step('informational');
    this.#put(text);
  }

  /** Sends the head of the message. */
  sendHead(text: string, framing: OutboundFraming): void {
    this.#step('head');
    this.#framing = framing;
    this.#bytesLeft = framing.type === 'length' ? framing.length : 0;
    this.#put(text);
  }

  /** Sends a piece of the body, which belongs to the output from now on. Text has one character a byte. */
  sendData(data: OutputPart): void {
    this.#step('data');
    if (data.length === 0) return;
    switch (this.#framing.type) {
      case 'none':
        break;
      case 'length':
        if (data.length > this.#bytesLeft) throw wrongLength('more');
        this.#bytesLeft -= data.length;
        this.#put(data);
        break;
      case 'chunked':
        this.#put(encodeChunkSize(data.length));
        this.#put(data);
        this.#put('\r\n');
        break;
      case 'until-close':
        this.#put(data);
        break;
    }
  }

  /** Ends the message. Trailers are sent where the framing has a place for them. */
  sendEnd(trailers: HttpHeaders | undefined): void {
    if (this.#bytesLeft > 0) throw wrongLength('less');
    this.#step('body-end');
    if (this.#framing.type === 'chunked') this.#put(encodeLastChunk(trailers));
  }

  /** The exchange is over; the next message may come. */
  next(): void {
    this.#step('next');
  }

  /** The connection leaves HTTP with this head. */
  switchOver(text: string): void {
    this.#step('switch');
    if (text !== '') this.#put(text);
  }

  /** Nothing more is sent. */
  close(): void {
    this.#step('close');
  }

  /** Text behind text becomes one piece: it is copied to bytes in one go. */
  #put(part: OutputPart): void {
    const output = this.#output;
    if (output === undefined) {
      this.#output = [part];
      return;
    }
    const last = output.at(-1);
    if (typeof part === 'string' && typeof last === 'string') output[output.length - 1] = last + part;
    else output.push(part);
  }

  #step(step: OutboundStep): void {
    this.#state = nextOutbound(this.#state, step);
  }
}

function wrongLength(how: 'more' | 'less'): Http1ProtocolError {
  const message = `the body has ${how} bytes than its content-length says`;
  return new Http1ProtocolError('LML_ERR_HTTP1_BODY_LENGTH_MISMATCH', message, { origin: 'local' });
}

const NO_BODY: OutboundFraming = { type: 'none' };
const NOTHING: readonly OutputPart[] = [];
const NOTHING_YET: OutputPart[] = [];
