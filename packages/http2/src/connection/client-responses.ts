import type { HttpHeaders } from '@lamella/http';
import { HttpBody, reasonPhrase } from '@lamella/http';
import { ClosedError } from '@lamella/service-core';
import { Http2ProtocolError } from '../errors.ts';
import type { Http2ResponseHead } from '../protocol/message-fields.ts';
import type { ClientExchange } from './client-exchange.ts';
import { headersOf, responseOf } from './client-response.ts';
import type { ClientTunnels } from './client-tunnels.ts';
import { appendUpgradeFields } from './client-tunnels.ts';
import type { ClientWork } from './client-work.ts';

/** Takes the responses that come on a client connection. RFC 9113 section 8.1. */
export class ClientResponses {
  readonly #work: ClientWork;
  readonly #tunnels: ClientTunnels;
  /** Those whose head has come in this turn, and has a body. */
  #held: ClientExchange[] = [];
  /** Whether there has been one. */
  hasServed = false;

  constructor(work: ClientWork, tunnels: ClientTunnels) {
    this.#work = work;
    this.#tunnels = tunnels;
  }

  takeHead(exchange: ClientExchange, head: Http2ResponseHead, hasBody: boolean): void {
    const { status } = head;
    if (status < 200) {
      this.#takeInterim(exchange, status, headersOf(head));
      return;
    }
    this.hasServed = true;
    exchange.headMs = this.#work.receivedMs;
    if (!hasBody) exchange.endedMs = exchange.headMs;
    exchange.onContinue?.();
    if (exchange.becomes !== undefined && status <= 299) {
      this.#answerTunnel(exchange, status, headersOf(head));
      return;
    }
    // What was to be a tunnel is none; we have nothing more to send there.
    const { protocol, nowMs } = this.#work;
    if (exchange.becomes !== undefined) protocol.sendData(exchange.stream, NOTHING, true, nowMs);
    if (hasBody) {
      exchange.hold(head);
      this.#held.push(exchange);
    } else exchange.answer(responseOf(exchange, status, headersOf(head), HttpBody.empty));
  }

  /** Tells of the responses whose body is still on its way, when all that came in this turn has been taken. */
  tellHeld(): void {
    const held = this.#held;
    if (held.length === 0) return;
    this.#held = [];
    for (const exchange of held) exchange.tell();
  }

  takeData(exchange: ClientExchange, bytes: Uint8Array): void {
    exchange.bytesIn += bytes.length;
    if (exchange.tunnel !== undefined) exchange.tunnel.push(bytes);
    else if (exchange.wantsBody) {
      if (exchange.pushBody(bytes)) this.#work.driver?.keepChunk();
    } else this.#work.protocol.consume(exchange.stream, bytes.length, this.#work.nowMs);
  }

  takeEnd(exchange: ClientExchange, trailers: HttpHeaders | undefined): void {
    if (exchange.tunnel !== undefined) {
      exchange.tunnel.end();
      return;
    }
    exchange.endedMs ??= this.#work.receivedMs;
    exchange.endBody(trailers);
    this.#finish(exchange);
  }

  #takeInterim(exchange: ClientExchange, status: number, headers: HttpHeaders): void {
    const { maxInformational } = this.#work.options;
    if (++exchange.interimCount > maxInformational) {
      const message = `there are more than ${maxInformational} interim responses to one request`;
      const error = new Http2ProtocolError('LML_ERR_HTTP2_TOO_MUCH_OF_A_KIND', message, { scope: 'stream' });
      this.#work.giveUp(exchange, error);
      return;
    }
    try {
      exchange.request.onInformational?.({ status, reason: reasonPhrase(status), headers });
    } catch (error) {
      this.#work.giveUp(exchange, error); // a failure of the caller, who hears of it
      return;
    }
    if (status === 100) exchange.onContinue?.();
  }

  #answerTunnel(exchange: ClientExchange, status: number, headers: HttpHeaders): void {
    const upgraded = this.#tunnels.open(exchange);
    const isUpgrade = exchange.becomes === 'upgrade';
    if (isUpgrade) appendUpgradeFields(exchange, headers);
    exchange.answer(responseOf(exchange, isUpgrade ? 101 : status, headers, HttpBody.empty, upgraded));
  }

  /** The response is complete, and what may be left of the request is of no use. */
  #finish(exchange: ClientExchange): void {
    exchange.finish();
    this.#work.exchanges.delete(exchange);
    const { stream, request } = exchange;
    if (stream.isLocalEnded || stream.endsAfterPending) return; // all of it is given
    this.#work.protocol.reset(stream, 'CANCEL', this.#work.nowMs);
    request.body.cancel(new ClosedError('the response came before the request was sent'));
    exchange.onSent?.();
  }
}

const NOTHING = new Uint8Array(0);
