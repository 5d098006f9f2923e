import type { CloseInfo } from '@lamella/net-core';
import type { Clock, Extensions } from '@lamella/service-core';
import { addErrorFacts } from '@lamella/service-core';
import type { Http2Limits } from '../protocol/http2-limits.ts';
import type { Http2Protocol } from '../protocol/http2-protocol.ts';
import type { Http2Timeouts } from '../protocol/http2-timeouts.ts';
import type { Http2SettingName } from '../protocol/settings-order.ts';
import type { ClientExchange } from './client-exchange.ts';
import { exchangeFacts } from './client-failures.ts';
import type { PseudoHeaderOrder } from './client-messages.ts';
import type { Http2Driver } from './http2-driver.ts';
import { OpenExchanges } from './open-exchanges.ts';

/** Options of `Http2ClientConnection`; defaults are set by `http2`. */
export interface Http2ClientConnectionOptions {
  readonly limits: Http2Limits;
  readonly timeouts: Http2Timeouts;
  /** Most requests under way at once, whatever the server allows. */
  readonly maxConcurrentRequests: number;
  /** Most requests before the server has said how many it takes. */
  readonly firstConcurrent: number;
  /** Most interim responses to one request. */
  readonly maxInformational: number;
  /** For a body that is neither read nor cancelled, in milliseconds. */
  readonly bodyIdleTimeoutMs: number;
  /** For 100 (Continue), in milliseconds. */
  readonly expectContinueTimeoutMs: number;
  readonly pseudoHeaderOrder: PseudoHeaderOrder;
  readonly settingsOrder: readonly Http2SettingName[];
  /** The server ends the connection since it was asked for a sign of life too often. */
  readonly onTooManyPings: () => void;
  readonly clock: Clock;
}

/** What the parts of a client connection share: its protocol, its time, and the requests under way. */
export class ClientWork {
  readonly options: Http2ClientConnectionOptions;
  readonly protocol: Http2Protocol<ClientExchange>;
  readonly extensions: Extensions<'connection'>;
  /** Requests whose response is not complete, and tunnels. */
  readonly exchanges: OpenExchanges<ClientExchange> = new OpenExchanges();
  driver: Http2Driver<ClientExchange> | undefined;
  /** Whether there may be room that nobody has been told of. */
  hasNews = false;

  constructor(
    options: Http2ClientConnectionOptions,
    protocol: Http2Protocol<ClientExchange>,
    extensions: Extensions<'connection'>,
  ) {
    this.options = options;
    this.protocol = protocol;
    this.extensions = extensions;
  }

  /** Now, on the monotonic clock, good enough for deadlines. */
  get nowMs(): number {
    return this.options.clock.coarseNowMs();
  }

  /** Now, on the monotonic clock, good enough to measure by. */
  get exactNowMs(): number {
    return this.options.clock.nowMs();
  }

  /** When what is being handled came from the server, on the monotonic clock. */
  get receivedMs(): number {
    return this.driver?.receivedMs ?? this.exactNowMs;
  }

  /** Lets out what the protocol was given. */
  turn(): void {
    this.driver?.turn();
  }

  /** We don't want the exchange any more. */
  giveUp(exchange: ClientExchange, reason: unknown): void {
    if (exchange.isOver) return;
    this.protocol.reset(exchange.stream, 'CANCEL', this.nowMs);
    this.#doubtPeer(exchange);
    this.fail(exchange, reason);
    this.turn();
  }

  /** Who gave up may have waited for a server that is gone: nobody else is to wait for it in vain. */
  #doubtPeer(exchange: ClientExchange): void {
    const { headMs, beganMs } = exchange;
    if (headMs === undefined) this.protocol.doubtPeer(beganMs, LEAST_SILENCE_MS, this.nowMs);
    else if (exchange.awaitsServer) this.protocol.doubtPeer(headMs, LEAST_QUIET_MS, this.nowMs);
  }

  /** The exchange fails with `error`, which is told what is known of it. */
  fail(exchange: ClientExchange, error: unknown, info: CloseInfo = { reason: 'reset', error }): void {
    exchange.endedMs ??= this.exactNowMs;
    addErrorFacts(error, exchangeFacts(exchange, error, this.extensions));
    this.exchanges.delete(exchange);
    exchange.tunnel?.fail(info);
    exchange.fail(error);
  }
}

/** A shorter silence where an answer is due says nothing of a server. */
const LEAST_SILENCE_MS = 1_000;
/** Bodies may pause. */
const LEAST_QUIET_MS = 20_000;
