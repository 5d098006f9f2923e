import type { HttpHeaders, HttpRequest } from '@lamella/http';
import { hasListToken } from '@lamella/http';
import type { Connection, RelayOptions, RelayOutcome } from '@lamella/net-core';
import type { WebSocketOptions } from '../connection/web-socket-options.ts';
import { fullWebSocketOptions } from '../connection/web-socket-options.ts';
import { MessageRelay } from './message-relay.ts';
import type { InspectWebSocket } from './web-socket-inspection.ts';

/** Options of {@link webSocketRelay}. The idle timeout and the lifecycle are those of the proxy's `relay`. */
export interface WebSocketRelayOptions extends Pick<WebSocketOptions, 'limits'> {
  /** Looks at every message. Default: nobody; then bytes are passed on as they are, which is fastest. */
  readonly inspect?: InspectWebSocket;
  /** Longest wait for each side's part of the close, in milliseconds, > 0. Default 5_000. */
  readonly closeTimeoutMs?: number;
}

/** What {@link webSocketRelay} makes: fits the `upgrade` option of the proxies in `@lamella/proxy`. */
export interface WebSocketRelay {
  /** Looks at a request for an upgrade, and takes those for a WebSocket. */
  readonly prepare: (request: HttpRequest, headers: HttpHeaders) => WebSocketJoin | undefined;
}

/** Joins the two connections of a WebSocket, to the end of both. */
export type WebSocketJoin = (
  downstream: Connection,
  upstream: Connection,
  options: RelayOptions,
) => Promise<RelayOutcome>;

/**
 * Passes WebSockets on through a proxy message by message, so that they can be looked at.
 *
 * @remarks
 * The handshake stays one of the two ends: key, subprotocol and refusals go through. Compression does not: the offer is taken off, so
 * that messages are readable here. Messages, pings, pongs, close codes and reasons go from end to end; fragments are put together.
 * A peer that breaks a rule is closed with its code, and the other side with the same one; one that leaves without a close frame
 * ends the other side in the same way. Draining closes both sides with 1001.
 *
 * @throws UsageError if an option is out of its range.
 *
 * @example
 * const upgrade = webSocketRelay({
 *   inspect({ direction, data }) {
 *     if (direction === 'up' && typeof data !== 'string') return { close: { code: 1003, reason: 'text only' } };
 *     return data === 'secret' ? 'drop' : 'pass';
 *   },
 * });
 */
export function webSocketRelay(options: WebSocketRelayOptions = {}): WebSocketRelay {
  const { inspect, limits = {}, closeTimeoutMs = 5_000 } = options;
  const timeouts = { pingIntervalMs: NEVER, closeTimeoutMs };
  fullWebSocketOptions({ limits, timeouts }); // says at once what is wrong
  return {
    prepare(request, headers) {
      const isWebSocket = request.headers.getAll('upgrade').some((value) => hasListToken(value, 'websocket'));
      if (!isWebSocket || inspect === undefined) return undefined;
      headers.delete('sec-websocket-extensions');
      return (downstream, upstream, how) => {
        const { clock, idleTimeoutMs = 300_000 } = how;
        const common = { limits, timeouts: { ...timeouts, idleTimeoutMs } };
        const full = fullWebSocketOptions(clock === undefined ? common : { ...common, clock });
        return new MessageRelay(downstream, upstream, { full, how, inspect, request }).run();
      };
    },
  };
}

/** Who pings is up to the two ends: their pings go through. */
const NEVER = Number.POSITIVE_INFINITY;
