import { HttpHeaders } from '../../src/message/http-headers.ts';
import type { Http1ClientEvent } from '../../src/protocol/http1-client-protocol.ts';
import { Http1ClientProtocol } from '../../src/protocol/http1-client-protocol.ts';
import { fullLimits } from '../../src/protocol/http1-limits.ts';
import type { OutputPart } from '../../src/protocol/http1-outbound.ts';
import type { Http1ServerEvent } from '../../src/protocol/http1-server-protocol.ts';
import { Http1ServerProtocol } from '../../src/protocol/http1-server-protocol.ts';
import { CLIENT_TIMEOUTS, requestHeadOf } from './client-playbook.ts';
import { textOf } from './codec.ts';
import { headOf, SERVER_TIMEOUTS } from './server-playbook.ts';

/** A request and its response, as data. */
export interface Exchange {
  readonly method: string;
  readonly requestBody: string;
  readonly responseBody: string;
  readonly status: number;
  /** Whether the sizes are told beforehand; if not, there are chunks and trailers. */
  readonly isSizeKnown: boolean;
  /** Whether the client waits for 100 (Continue). */
  readonly expects: boolean;
  /** Interim responses before the response. */
  readonly hints: number;
  /** Whether the server answers as soon as it has the head of the request. */
  readonly isEarly: boolean;
}

/** What happens on the wire: after a while, some bytes arrive at one side. */
export interface Arrival {
  readonly at: 'client' | 'server';
  readonly afterMs: number;
  readonly bytes: number;
}

/** What one side has seen of an exchange: a first line, content and trailers. */
export type Seen = [line: string, body: string, trailers: number];

/** A client and a server protocol, back to back. */
export class ProtocolPair {
  readonly client: Http1ClientProtocol = new Http1ClientProtocol({
    limits: fullLimits(),
    timeouts: CLIENT_TIMEOUTS,
    maxInformational: 8,
  });
  readonly server: Http1ServerProtocol;
  readonly seenByServer: Seen[] = [];
  readonly seenByClient: Seen[] = [];
  /** What went wrong, on either side. */
  readonly failures: string[] = [];
  hintCount = 0;
  nowMs = 0;
  readonly #exchanges: readonly Exchange[];
  #asked = 0;
  #isAsking = false;
  #toServer = '';
  #toClient = '';

  constructor(exchanges: readonly Exchange[]) {
    this.#exchanges = exchanges;
    const options = { limits: fullLimits(), timeouts: SERVER_TIMEOUTS, maxRequests: 1_000 };
    this.server = new Http1ServerProtocol(options, this.nowMs);
    this.#turn();
  }

  /** Whether bytes are on their way. */
  get isBusy(): boolean {
    return this.#toServer !== '' || this.#toClient !== '';
  }

  arrive({ at, afterMs, bytes }: Arrival): void {
    this.nowMs += afterMs;
    for (const side of [this.client, this.server]) {
      if (side.nextTimeoutMs() <= this.nowMs) side.handleTimeout(this.nowMs);
    }
    const sent = at === 'server' ? this.#toServer : this.#toClient;
    const piece = Buffer.from(sent.slice(0, bytes), 'latin1');
    if (at === 'server') this.#toServer = sent.slice(bytes);
    else this.#toClient = sent.slice(bytes);
    if (piece.length > 0) this[at].receiveBytes(piece);
    this.#turn();
    piece.fill(0xaa); // borrowed bytes are the caller's again
  }

  /** Both sides do what they can, the way drivers do. */
  #turn(): void {
    for (
      let event = this.server.nextEvent(this.nowMs);
      event !== undefined;
      event = this.server.nextEvent(this.nowMs)
    ) {
      this.#serve(event);
    }
    for (
      let event = this.client.nextEvent(this.nowMs);
      event !== undefined;
      event = this.client.nextEvent(this.nowMs)
    ) {
      this.#receive(event);
    }
    this.#askNext();
    this.#toServer += textIn(this.client.takeOutput());
    this.#toClient += textIn(this.server.takeOutput());
  }

  #askNext(): void {
    const exchange = this.#exchanges[this.#asked];
    if (exchange === undefined || !this.client.isIdle) return;
    this.#asked++;
    const { method, requestBody: body, isSizeKnown, expects } = exchange;
    const headers = { 'X-Number': String(this.#asked), ...(expects ? { Expect: '100-continue' } : {}) };
    const size = isSizeKnown ? body.length : undefined;
    this.#isAsking = true;
    const waits = this.client.sendHead(requestHeadOf({ method, headers, size }), this.nowMs);
    if (!waits) this.#sendContent();
  }

  #sendContent(): void {
    const exchange = this.#exchanges[this.#asked - 1];
    if (!this.#isAsking || exchange === undefined) return;
    this.#isAsking = false;
    for (const piece of piecesOf(exchange.requestBody)) this.client.sendData(piece, this.nowMs);
    this.client.sendEnd(HttpHeaders.from({ 'X-Sum': 'up' }));
  }

  #serve(event: Http1ServerEvent): void {
    const { server, nowMs } = this;
    const seen = this.seenByServer.at(-1);
    const exchange = this.#exchanges[this.seenByServer.length - 1];
    switch (event.type) {
      case 'request': {
        const { method, target, headers } = event.head;
        this.seenByServer.push([`${method} ${target} ${headers.get('x-number')}`, '', 0]);
        const { isEarly = false } = this.#exchanges[this.seenByServer.length - 1] ?? {};
        // Who answers before it has asked for the body never gets it, and the connection ends.
        if (event.hasBody) server.wantBody(true, nowMs);
        if (isEarly || !event.hasBody) this.#respond();
        break;
      }
      case 'data':
        if (seen !== undefined) seen[1] += textOf(event.bytes);
        break;
      case 'end':
        if (seen !== undefined) seen[2] = event.trailers?.size ?? 0;
        if (exchange?.isEarly === false) this.#respond();
        break;
      case 'closed':
        break;
      default:
        this.failures.push(`server: ${event.type === 'timeout' ? event.error.limit : event.error.code}`);
    }
  }

  #respond(): void {
    const exchange = this.#exchanges[this.seenByServer.length - 1];
    if (exchange === undefined) return;
    const { status, responseBody: body, isSizeKnown, hints } = exchange;
    for (let count = 0; count < hints; count++) this.server.sendInformational(103, 'Early Hints', HttpHeaders.from());
    this.server.sendHead(headOf({ status, size: isSizeKnown ? body.length : undefined }));
    for (const piece of piecesOf(body)) this.server.sendData(piece);
    this.server.sendEnd(HttpHeaders.from({ 'X-Sum': 'down' }), this.nowMs);
  }

  #receive(event: Http1ClientEvent): void {
    const seen = this.seenByClient.at(-1);
    switch (event.type) {
      case 'informational':
        if (event.head.status === 100) this.#sendContent();
        else this.hintCount++;
        break;
      case 'response':
        this.seenByClient.push([`${event.head.status} ${event.head.reason}`, '', 0]);
        break;
      case 'data':
        if (seen !== undefined) seen[1] += textOf(event.bytes);
        break;
      case 'end':
        if (seen !== undefined) seen[2] = event.trailers?.size ?? 0;
        break;
      case 'closed':
        break;
      default:
        this.failures.push(`client: ${event.type === 'timeout' ? event.error.limit : event.error.code}`);
    }
  }
}

/** Content as it might be written: in two pieces, one of them empty if there is only a byte. */
function piecesOf(text: string): string[] {
  const half = Math.floor(text.length / 2);
  return [text.slice(0, half), text.slice(half)];
}

function textIn(parts: readonly OutputPart[]): string {
  return parts.map((part) => (typeof part === 'string' ? part : textOf(part))).join('');
}
