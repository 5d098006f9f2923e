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
  #output: OutputPart[] = [];
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

  /** @returns What to write, in order, and forgets it. */
  takeOutput(): readonly OutputPart[] {
    if (this.#output.length === 0) return NOTHING;
    const output = this.#output;
    this.#output = [];
    return output;
  }

  /** A message is due. */
  begin(): void {
    this.#step('begin');
  }

  /** Sends an interim head. */
  sendInformational(text: string): void {
    this.#step('informational');
    this.#output.push(text);
  }

  /** Sends the head of the message. */
  sendHead(text: string, framing: OutboundFraming): void {
    this.#step('head');
    this.#framing = framing;
    this.#bytesLeft = framing.type === 'length' ? framing.length : 0;
    this.#output.push(text);
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
        this.#output.push(data);
        break;
      case 'chunked':
        this.#output.push(encodeChunkSize(data.length), data, '\r\n');
        break;
      case 'until-close':
        this.#output.push(data);
        break;
    }
  }

  /** Ends the message. Trailers are sent where the framing has a place for them. */
  sendEnd(trailers: HttpHeaders | undefined): void {
    if (this.#bytesLeft > 0) throw wrongLength('less');
    this.#step('body-end');
    if (this.#framing.type === 'chunked') this.#output.push(encodeLastChunk(trailers));
  }

  /** The exchange is over; the next message may come. */
  next(): void {
    this.#step('next');
  }

  /** The connection leaves HTTP with this head. */
  switchOver(text: string): void {
    this.#step('switch');
    if (text !== '') this.#output.push(text);
  }

  /** Nothing more is sent. */
  close(): void {
    this.#step('close');
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
