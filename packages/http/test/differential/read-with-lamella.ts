import type { ResponseHead } from '../../src/codec/response-head-decoder.ts';
import { HttpHeaders } from '../../src/message/http-headers.ts';
import { fullClientTimeouts } from '../../src/protocol/http1-client-deadlines.ts';
import type { Http1ClientEvent, RequestCommand } from '../../src/protocol/http1-client-protocol.ts';
import { Http1ClientProtocol } from '../../src/protocol/http1-client-protocol.ts';
import { fullLimits } from '../../src/protocol/http1-limits.ts';
import { fullServerTimeouts } from '../../src/protocol/http1-server-deadlines.ts';
import type { Http1ServerEvent } from '../../src/protocol/http1-server-protocol.ts';
import { Http1ServerProtocol } from '../../src/protocol/http1-server-protocol.ts';
import { cut } from '../support/arbitraries.ts';
import { bytesOf, textOf } from '../support/codec.ts';
import type { Asked, Reading, ReadMessage, Subject } from './reading.ts';

/** Reads with our own engine: the server protocol reads requests and answers each; the client protocol asks, and reads. */
export function readWithLamella(subject: Subject, sizes: readonly number[]): Reading {
  const reader = subject.side === 'request' ? new RequestReader() : new ResponseReader(subject.asked ?? 'GET');
  const pieces = cut(bytesOf(subject.input), sizes);
  for (const [index, piece] of pieces.entries()) {
    reader.receiveBytes(piece);
    if (reader.end === 'switched') {
      const rest = [reader.rest, ...pieces.slice(index + 1).map(textOf)].join('');
      return { messages: reader.messages, end: 'switched', code: '', rest };
    }
    if (reader.end !== undefined) break;
  }
  if (reader.end === undefined) reader.receiveEnd();
  return { messages: reader.messages, end: reader.end ?? 'clean', code: reader.code, rest: '' };
}

class RequestReader {
  readonly messages: ReadMessage[] = [];
  end: Reading['end'] | undefined;
  code = '';
  rest = '';
  #draft: Draft | undefined;
  readonly #protocol = new Http1ServerProtocol(
    { limits: fullLimits(), timeouts: fullServerTimeouts(), maxRequests: Number.POSITIVE_INFINITY },
    0,
  );

  receiveBytes(bytes: Uint8Array): void {
    this.#protocol.receiveBytes(bytes);
    this.#takeEvents();
  }

  receiveEnd(): void {
    this.#protocol.receiveEnd();
    this.#takeEvents();
  }

  #takeEvents(): void {
    while (this.end === undefined) {
      const event = this.#protocol.nextEvent(0);
      if (event === undefined) return;
      this.#takeEvent(event);
    }
  }

  #takeEvent(event: Http1ServerEvent): void {
    switch (event.type) {
      case 'request': {
        const { method, target, version, headers } = event.head;
        this.#draft = { start: [method, target], version, headers: [...headers], body: '' };
        if (!event.hasBody) this.#complete([]);
        break;
      }
      case 'data':
        if (this.#draft !== undefined) this.#draft.body += textOf(event.bytes);
        break;
      case 'end':
        this.#complete([...(event.trailers ?? [])]);
        break;
      case 'closed':
        this.end = 'clean';
        break;
      default:
        this.end = 'refused';
        this.code = event.error.code;
    }
  }

  /** Accepts each upgrade and tunnel, as llhttp takes for granted, and answers everything else. */
  #complete(trailers: [string, string][]): void {
    if (this.#draft === undefined) return;
    const protocol = this.#protocol;
    const status = [101, 200].find((candidate) => protocol.canSwitch(candidate));
    if (status !== undefined) {
      this.rest = textOf(protocol.switchOver(status, '', HttpHeaders.from(), ''));
      this.end = 'switched';
    } else {
      const headers = HttpHeaders.from();
      protocol.sendHead({ status: 200, reason: '', headers, size: 0, close: false, dateLine: '' });
      protocol.sendEnd(undefined, 0);
      if (protocol.isOver) this.end = 'closed';
    }
    this.messages.push({ ...this.#draft, trailers, keepsAlive: this.end === undefined });
    this.#draft = undefined;
  }
}

class ResponseReader {
  readonly messages: ReadMessage[] = [];
  end: Reading['end'] | undefined;
  code = '';
  rest = '';
  readonly #asked: RequestCommand;
  #draft: Draft | undefined;
  readonly #protocol = new Http1ClientProtocol({
    limits: fullLimits(),
    timeouts: fullClientTimeouts(),
    maxInformational: Number.POSITIVE_INFINITY,
  });

  constructor(asked: Asked) {
    const headers = HttpHeaders.from(asked === 'UPGRADE' ? { Connection: 'upgrade', Upgrade: 'x' } : {});
    const method = asked === 'UPGRADE' ? 'GET' : asked;
    this.#asked = { method, target: method === 'CONNECT' ? 'a.test:1' : '/', headers, authority: 'a.test', size: 0 };
    this.#ask();
  }

  receiveBytes(bytes: Uint8Array): void {
    this.#protocol.receiveBytes(bytes);
    this.#takeEvents();
  }

  receiveEnd(): void {
    this.#protocol.receiveEnd();
    this.#takeEvents();
  }

  #ask(): void {
    this.#protocol.sendHead(this.#asked, 0);
    this.#protocol.sendEnd(undefined);
  }

  #takeEvents(): void {
    while (this.end === undefined) {
      const event = this.#protocol.nextEvent(0);
      if (event === undefined) return;
      this.#takeEvent(event);
    }
  }

  #takeEvent(event: Http1ClientEvent): void {
    switch (event.type) {
      case 'informational':
        this.messages.push({ ...draftOf(event.head), trailers: [], keepsAlive: true });
        break;
      case 'response':
        this.#draft = draftOf(event.head);
        if (event.hasSwitched) this.#switch();
        else if (!event.hasBody) this.#complete([]);
        break;
      case 'data':
        if (this.#draft !== undefined) this.#draft.body += textOf(event.bytes);
        break;
      case 'end':
        this.#complete([...(event.trailers ?? [])]);
        break;
      case 'closed':
        this.end = 'clean';
        break;
      default:
        this.code = event.error.code;
        // The request that was sent for it never gets its answer: to a reader of responses, an end between two of them.
        this.end = event.error.message === ENDED_BEFORE_RESPONSE ? 'clean' : 'refused';
        if (this.end === 'clean') this.code = '';
    }
  }

  #switch(): void {
    this.rest = textOf(this.#protocol.switchOver());
    this.end = 'switched';
    this.#push([], false);
  }

  #complete(trailers: [string, string][]): void {
    if (this.#protocol.isIdle) this.#ask();
    else this.end = 'closed';
    this.#push(trailers, this.end === undefined);
  }

  #push(trailers: [string, string][], keepsAlive: boolean): void {
    if (this.#draft !== undefined) this.messages.push({ ...this.#draft, trailers, keepsAlive });
    this.#draft = undefined;
  }
}

function draftOf({ status, reason, version, headers }: ResponseHead): Draft {
  return { start: [String(status), reason], version, headers: [...headers], body: '' };
}

type Draft = Omit<ReadMessage, 'trailers' | 'keepsAlive' | 'body'> & { body: string };

const ENDED_BEFORE_RESPONSE = 'the connection ended before the response';
