import { ByteCursor } from '@lamella/net-core';
import type { BodyDecoder } from '../codec/body-decoder.ts';
import { Http1ProtocolError } from '../errors.ts';
import type { HttpHeaders } from '../message/http-headers.ts';
import type { InboundState } from './http1-transitions.ts';
import { nextInbound } from './http1-transitions.ts';

/** Decodes heads from input split anywhere. */
export interface HeadSource<Head> {
  decode(input: ByteCursor): Head | undefined;
  readonly isPartial: boolean;
}

/** What comes in: heads, and the bodies behind them. */
export type InboundEvent<Head> =
  | { readonly type: 'head'; readonly head: Head }
  /** Bytes of the body: a view of the input, valid until the next call of the protocol. */
  | { readonly type: 'data'; readonly bytes: Uint8Array }
  /** The body has ended. */
  | { readonly type: 'end'; readonly trailers: HttpHeaders | undefined }
  /** The peer has ended its direction between two messages. */
  | { readonly type: 'closed' }
  /** The peer broke a rule; nothing more is decoded. */
  | { readonly type: 'failed'; readonly error: Http1ProtocolError };

/**
 * The messages from the peer, one after the other; the same for both sides.
 *
 * @remarks
 * Input is borrowed: as long as events come it is used in place. When no more events come, what is left (the next message,
 * which waits for the answer to this one) is copied.
 */
export class Http1Inbound<Head> {
  readonly #heads: HeadSource<Head>;
  readonly #input = new ByteCursor(NO_BYTES);
  #isOwned = true;
  #hasEnded = false;
  #state: InboundState = 'idle';
  #body: BodyDecoder | undefined;

  constructor(heads: HeadSource<Head>) {
    this.#heads = heads;
  }

  get state(): InboundState {
    return this.#state;
  }

  /** Whether a part of a head has come. */
  get isPartial(): boolean {
    return this.#heads.isPartial;
  }

  /** Bytes that wait for their turn. */
  get bytesWaiting(): number {
    return this.#input.remaining;
  }

  /** Takes input; borrowed until {@link nextEvent} gives `undefined`. What comes after the end of all messages is dropped. */
  receiveBytes(bytes: Uint8Array): void {
    if (this.#state === 'closed' || this.#state === 'failed') return;
    const input = this.#input;
    if (input.remaining === 0) {
      this.#setInput(bytes, false);
      return;
    }
    const waiting = input.bytes.subarray(input.position, input.end);
    this.#setInput(Buffer.concat([waiting, bytes]), true);
  }

  /** Whether the input has ended; what has come of it may not be decoded yet. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Takes the end of the input. */
  receiveEnd(): void {
    this.#hasEnded = true;
  }

  /** @returns What comes next in the input, or `undefined` until there is more of it or the message is answered. */
  nextEvent(): InboundEvent<Head> | undefined {
    try {
      const event = this.#decode();
      if (event === undefined) this.#keepInput();
      return event;
    } catch (error) {
      if (!(error instanceof Http1ProtocolError) || error.origin === 'local') throw error;
      this.#state = nextInbound(this.#state, 'fail');
      this.#setInput(NO_BYTES, true);
      return { type: 'failed', error };
    }
  }

  /** Takes no more events for now: copies what is left of the input. */
  hold(): void {
    this.#keepInput();
  }

  /** The head is accepted; `body` says where its body ends, `undefined` that there is none. */
  startBody(body: BodyDecoder | undefined): void {
    this.#body = body;
    if (body === undefined) this.#state = nextInbound(this.#state, 'body-end');
  }

  /** The exchange is over; the next message may come. */
  next(): void {
    this.#state = nextInbound(this.#state, 'next');
  }

  /** Refuses what was decoded last. */
  fail(): void {
    this.#state = nextInbound(this.#state, 'fail');
    this.#setInput(NO_BYTES, true);
  }

  /** Nothing more is wanted. */
  close(): void {
    this.#state = nextInbound(this.#state, 'close');
    this.#setInput(NO_BYTES, true);
  }

  /** The connection leaves HTTP. @returns The bytes behind the message: the first ones of the other protocol. */
  switchOver(): Uint8Array {
    this.#state = nextInbound(this.#state, 'switch');
    const rest = this.#copyOfRest();
    this.#setInput(NO_BYTES, true);
    return rest;
  }

  #decode(): InboundEvent<Head> | undefined {
    if (this.#state === 'body') return this.#decodeBody();
    if (this.#state !== 'idle') return undefined;
    const head = this.#heads.decode(this.#input);
    if (head !== undefined) {
      this.#state = nextInbound(this.#state, 'head');
      return { type: 'head', head };
    }
    if (!this.#hasEnded) return undefined;
    if (this.#heads.isPartial) {
      throw new Http1ProtocolError('LML_ERR_HTTP1_UNEXPECTED_END', 'the connection ended in the head of a message');
    }
    this.#state = nextInbound(this.#state, 'close');
    return { type: 'closed' };
  }

  #decodeBody(): InboundEvent<Head> | undefined {
    const body = this.#body;
    if (body === undefined) return undefined; // the head is not accepted yet
    const bytes = body.decode(this.#input);
    if (bytes !== undefined) return { type: 'data', bytes };
    if (this.#hasEnded && !body.isDone) body.receiveEnd();
    if (!body.isDone) return undefined;
    this.#body = undefined;
    this.#state = nextInbound(this.#state, 'body-end');
    return { type: 'end', trailers: body.trailers };
  }

  #setInput(bytes: Uint8Array, isOwned: boolean): void {
    this.#input.bytes = bytes;
    this.#input.position = 0;
    this.#input.end = bytes.length;
    this.#isOwned = isOwned;
  }

  #keepInput(): void {
    const input = this.#input;
    if (this.#isOwned) return;
    if (input.remaining === 0) this.#setInput(NO_BYTES, true);
    else this.#setInput(this.#copyOfRest(), true);
  }

  /** Not `slice`, which copies nothing where the input is a Buffer. */
  #copyOfRest(): Uint8Array {
    return new Uint8Array(this.#input.bytes.subarray(this.#input.position, this.#input.end));
  }
}

const NO_BYTES = new Uint8Array(0);
