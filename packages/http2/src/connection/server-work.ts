import type { HttpServerTerms } from '@lamella/http';
import type { AbortScope } from '@lamella/service-core';
import type { Http2Limits } from '../protocol/http2-limits.ts';
import type { Http2Protocol } from '../protocol/http2-protocol.ts';
import type { Http2Timeouts } from '../protocol/http2-timeouts.ts';
import type { DateValue } from './date-value.ts';
import type { Http2Driver } from './http2-driver.ts';
import { OpenExchanges } from './open-exchanges.ts';
import type { ServerExchange } from './server-exchange.ts';

/** Options of `Http2ServerConnection`; defaults are set by the server layer. */
export interface Http2ServerConnectionOptions extends HttpServerTerms {
  readonly limits: Http2Limits;
  readonly timeouts: Http2Timeouts;
  readonly allowsExtendedConnect: boolean;
  /** Whether `:scheme` is believed, whatever the connection is. */
  readonly trustsScheme: boolean;
  /** Makes the Date field; one for all connections of a server. */
  readonly dateValue: DateValue;
}

/** What the parts of a server connection share: its protocol, its time, and the requests under way. */
export class ServerWork {
  readonly options: Http2ServerConnectionOptions;
  readonly protocol: Http2Protocol<ServerExchange>;
  /** The scope of the connection. */
  readonly scope: AbortScope;
  /** Requests whose response is not complete, and tunnels. */
  readonly exchanges: OpenExchanges<ServerExchange> = new OpenExchanges();
  driver: Http2Driver<ServerExchange> | undefined;
  /** Whether the connection takes no more requests, and ends when those under way have. */
  isDraining = false;

  constructor(options: Http2ServerConnectionOptions, protocol: Http2Protocol<ServerExchange>, scope: AbortScope) {
    this.options = options;
    this.protocol = protocol;
    this.scope = scope;
  }

  /** Now, on the monotonic clock, good enough for deadlines. */
  get nowMs(): number {
    return this.options.clock.coarseNowMs();
  }

  /** Value of the Date field. */
  get date(): string {
    const { clock, dateValue } = this.options;
    return dateValue.at(clock.coarseNowMs(), clock.epochMs);
  }

  /** Lets out what the protocol was given. */
  turn(): void {
    this.driver?.turn();
  }
}
