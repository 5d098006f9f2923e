import { LimitError } from '@lamella/service-core';

/** An event as it was received. */
export interface ReceivedEvent {
  /** Its type; `message` if the stream names none. */
  readonly event: string;
  /** Its lines, joined by line feeds. */
  readonly data: string;
  /** The last id that the stream has named, this event's or one before; `''` if there was none. */
  readonly id: string;
}

/** What an event stream says: an event, or how long to wait before connecting again. */
export type EventStreamItem =
  | ({ readonly type: 'event' } & ReceivedEvent)
  | { readonly type: 'retry'; readonly retryMs: number };

/**
 * Reads an event stream, however it is cut.
 *
 * @remarks
 * Source: HTML Living Standard, section 9.2.6 ("Interpreting an event stream"). An event that the end of the stream has cut off is dropped, as
 * it says there. Bytes that are no UTF-8 become U+FFFD. An id with a NUL is ignored, a retry that is no number too.
 */
export class EventStreamDecoder {
  readonly #maxEventChars: number;
  readonly #text = new TextDecoder('utf-8');
  /** The begin of a line whose end has not come. */
  #line = '';
  #isAfterReturn = false;
  #data: string[] = [];
  #dataChars = 0;
  #event = '';
  #id: string;

  /**
   * @param maxEventChars - Longest line and longest event, in UTF-16 units, at least 1.
   * @param lastEventId - What `id` is until the stream names one.
   */
  constructor(maxEventChars: number, lastEventId = '') {
    this.#maxEventChars = maxEventChars;
    this.#id = lastEventId;
  }

  /** The last id that the stream has named. */
  get lastEventId(): string {
    return this.#id;
  }

  /** Takes bytes. @returns What they complete. @throws LimitError if a line or an event is too long. */
  receiveBytes(bytes: Uint8Array): readonly EventStreamItem[] {
    const items: EventStreamItem[] = [];
    const text = this.#text.decode(bytes, { stream: true });
    let start = 0;
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code !== LF && code !== CR) continue;
      const isSecondHalf = code === LF && at === start && this.#isAfterReturn && this.#line === '';
      this.#isAfterReturn = code === CR;
      if (!isSecondHalf) this.#endLine(text.slice(start, at), items);
      start = at + 1;
    }
    if (start < text.length) {
      this.#isAfterReturn = false;
      this.#line += text.slice(start);
      this.#check(this.#line.length);
    }
    return items;
  }

  #endLine(rest: string, items: EventStreamItem[]): void {
    const line = this.#line + rest;
    this.#line = '';
    this.#check(line.length);
    if (line === '') {
      this.#dispatch(items);
      return;
    }
    const colon = line.indexOf(':');
    if (colon === 0) return; // a comment
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (name === 'data') {
      this.#data.push(value);
      this.#dataChars += value.length + 1;
      this.#check(this.#dataChars);
    } else if (name === 'event') this.#event = value;
    else if (name === 'id') {
      if (!value.includes('\0')) this.#id = value;
    } else if (name === 'retry' && /^[0-9]{1,15}$/.test(value)) items.push({ type: 'retry', retryMs: Number(value) });
  }

  #dispatch(items: EventStreamItem[]): void {
    if (this.#data.length > 0) {
      items.push({ type: 'event', event: this.#event || 'message', data: this.#data.join('\n'), id: this.#id });
    }
    this.#data = [];
    this.#dataChars = 0;
    this.#event = '';
  }

  #check(length: number): void {
    if (length <= this.#maxEventChars) return;
    throw new LimitError({
      limit: 'maxEventChars',
      maximum: this.#maxEventChars,
      observed: length,
      facts: { phase: 'event-stream' },
    });
  }
}

const LF = 0x0a;
const CR = 0x0d;
