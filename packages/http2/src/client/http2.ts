import type { HttpProtocol } from '@lamella/http';
import { formatAddress, PeerAddress } from '@lamella/net-core';
import { UsageError } from '@lamella/service-core';
import type { PseudoHeaderOrder } from '../connection/client-messages.ts';
import { Http2ClientConnection } from '../connection/http2-client-connection.ts';
import type { Http2Limits } from '../protocol/http2-limits.ts';
import { fullHttp2Limits } from '../protocol/http2-limits.ts';
import type { Http2Timeouts } from '../protocol/http2-timeouts.ts';
import { fullHttp2Timeouts } from '../protocol/http2-timeouts.ts';
import type { Http2SettingName } from '../protocol/settings-order.ts';
import { clientSettings, DEFAULT_SETTINGS_ORDER } from '../protocol/settings-order.ts';
import { KeepAliveMemory } from './keep-alive-memory.ts';

/** Options of {@link http2}. */
export interface Http2Options {
  /** What servers may send. See {@link Http2Limits} for each default. */
  readonly limits?: Partial<Http2Limits>;
  /** How long servers may take. See {@link Http2Timeouts} for each default. */
  readonly timeouts?: Partial<Http2Timeouts>;
  /** Most requests under way at once on one connection, whatever the server allows, at least 1. Default 1_000. */
  readonly maxConcurrentRequests?: number;
  /** Most interim responses to one request, at least 0. Default 32. */
  readonly maxInformational?: number;
  /** Time after which a response body that nobody reads is given up, in milliseconds, greater than 0. Default 30_000. */
  readonly bodyIdleTimeoutMs?: number;
  /** Longest wait for 100 (Continue), in milliseconds, greater than 0. Default 1_000. */
  readonly expectContinueTimeoutMs?: number;
  /** Order of the pseudo-header fields, each of them once. Default `['method', 'scheme', 'authority', 'path']`. */
  readonly pseudoHeaderOrder?: PseudoHeaderOrder;
  /**
   * Which settings to say first, in this order. One that is left out must have the value that servers take it for then. How much the
   * window of the connection is widened behind them follows from `connectionWindowBytes`. Default: all but `maxConcurrentStreams`.
   */
  readonly settingsOrder?: readonly Http2SettingName[];
}

/**
 * HTTP/2 as a protocol for clients.
 *
 * @remarks
 * Source: RFC 9113, RFC 7541, RFC 8441. Over TLS a client offers it by ALPN, beside others; in clear it must be known that the
 * server speaks it ("prior knowledge").
 *
 * A server that ends a connection with ENHANCE_YOUR_CALM and the words `too_many_pings` is asked half as often for a sign of life from then
 * on (`keepAliveMs`), as long as this value is in use; servers are told apart by their addresses.
 *
 * @example
 * const client = createHttpClient({ connector: tcpConnector(), protocols: [http2()] });
 *
 * @throws UsageError if an option is out of its range.
 */
export function http2(options: Http2Options = {}): HttpProtocol {
  const { maxConcurrentRequests = 1_000, maxInformational = 32, bodyIdleTimeoutMs = 30_000 } = options;
  const { expectContinueTimeoutMs = 1_000, pseudoHeaderOrder = DEFAULT_ORDER } = options;
  if (!(maxConcurrentRequests >= 1)) {
    throw new UsageError(`maxConcurrentRequests must be >= 1, got ${maxConcurrentRequests}`);
  }
  if (!(maxInformational >= 0)) throw new UsageError(`maxInformational must be >= 0, got ${maxInformational}`);
  for (const [name, value] of Object.entries({ bodyIdleTimeoutMs, expectContinueTimeoutMs })) {
    if (!(value > 0)) throw new UsageError(`${name} must be > 0, got ${value}`);
  }
  if ([...pseudoHeaderOrder].sort().join() !== [...DEFAULT_ORDER].sort().join()) {
    throw new UsageError(`pseudoHeaderOrder must name ${DEFAULT_ORDER.join(', ')}, each once`);
  }
  const { settingsOrder = DEFAULT_SETTINGS_ORDER } = options;
  const limits = fullHttp2Limits(options.limits);
  clientSettings(settingsOrder, limits);
  const timeouts = fullHttp2Timeouts('client', options.timeouts);
  const memory = new KeepAliveMemory(timeouts.keepAliveMs);
  return {
    name: 'h2',
    isMultiplexed: true,
    open: (connection, { expectedConcurrent = Number.POSITIVE_INFINITY, clock }) => {
      const peer = connection.extensions.get(PeerAddress);
      const server = peer === undefined ? '' : formatAddress(peer);
      const keepAliveMs = memory.keepAliveMs(server);
      return new Http2ClientConnection(connection, {
        limits,
        timeouts: { ...timeouts, keepAliveMs },
        onTooManyPings: () => memory.noteTooMany(server, keepAliveMs),
        maxConcurrentRequests,
        firstConcurrent: Math.min(expectedConcurrent, FIRST_CONCURRENT),
        maxInformational,
        bodyIdleTimeoutMs,
        expectContinueTimeoutMs,
        pseudoHeaderOrder,
        settingsOrder,
        clock,
      });
    },
  };
}

const DEFAULT_ORDER: PseudoHeaderOrder = ['method', 'scheme', 'authority', 'path'];

/** Requests before the server has said how many it takes. RFC 9113 section 6.5.2 recommends no fewer. */
const FIRST_CONCURRENT = 100;
