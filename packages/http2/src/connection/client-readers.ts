import type { Timer } from '@lamella/service-core';
import { TimeoutError } from '@lamella/service-core';
import type { ClientExchange, ClientExchangeHost } from './client-exchange.ts';
import type { ClientWork } from './client-work.ts';

/** Who reads the bodies of the responses of a client connection, and who does not. */
export class ClientReaders implements ClientExchangeHost {
  readonly #work: ClientWork;
  #timer: Timer | undefined;

  constructor(work: ClientWork) {
    this.#work = work;
  }

  wantBody(exchange: ClientExchange, isWanted: boolean): void {
    if (exchange.isOver) return;
    const { protocol, nowMs } = this.#work;
    exchange.readerSeenMs = isWanted ? Number.POSITIVE_INFINITY : nowMs;
    if (!isWanted) this.#watch();
    exchange.stream.allowsQuiet = exchange.request.context.allowsQuiet;
    protocol.wantBody(exchange.stream, isWanted, nowMs);
    this.#work.turn();
  }

  cancelBody(exchange: ClientExchange, reason: unknown): void {
    this.#work.giveUp(exchange, reason);
  }

  takenBody(exchange: ClientExchange, byteCount: number): void {
    this.#work.protocol.consume(exchange.stream, byteCount, this.#work.nowMs);
    this.#work.turn();
  }

  watchBody(exchange: ClientExchange): void {
    exchange.readerSeenMs = this.#work.nowMs;
    this.#watch();
  }

  /** The connection has ended. */
  close(): void {
    this.#timer?.cancel();
  }

  /** One timer for all bodies that nobody reads: it looks at each of them when the first may be due. */
  #watch(): void {
    const { clock, bodyIdleTimeoutMs } = this.#work.options;
    if (this.#timer !== undefined || bodyIdleTimeoutMs === Number.POSITIVE_INFINITY) return;
    this.#timer = clock.startTimer(bodyIdleTimeoutMs, () => this.#check());
  }

  #check(): void {
    const { clock, bodyIdleTimeoutMs } = this.#work.options;
    this.#timer = undefined;
    const nowMs = clock.nowMs();
    let nextMs = Number.POSITIVE_INFINITY;
    for (const exchange of this.#work.exchanges.all()) {
      if (exchange.request.context.allowsQuiet) continue;
      const endMs = exchange.readerSeenMs + bodyIdleTimeoutMs;
      if (nowMs < endMs) nextMs = Math.min(nextMs, endMs);
      else this.#work.giveUp(exchange, new TimeoutError({ limit: 'bodyIdleTimeoutMs', timeoutMs: bodyIdleTimeoutMs }));
    }
    if (nextMs === Number.POSITIVE_INFINITY) return;
    this.#timer = clock.startTimer(nextMs - nowMs, () => this.#check());
  }
}
