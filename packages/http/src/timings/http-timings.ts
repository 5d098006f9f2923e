import type { ExtensionKey } from '@lamella/service-core';
import { extensionKey } from '@lamella/service-core';

/**
 * Where the time of one call went, in milliseconds. The phases follow each other, and together they are the total.
 *
 * @remarks
 * Live: the last two are `undefined` until the body of the response has ended. The phases of connecting are `undefined` where the
 * call did not wait for a connect: on a connection that had served a request before, or that stood already.
 */
export interface CallTimings {
  /** Waiting for a connection while none was being opened, and all earlier attempts of the call. */
  readonly queuedMs: number;
  /** Waiting for the address of a name. `undefined` too if the connector does not look up, or does not measure it. */
  readonly resolveMs: number | undefined;
  /** Waiting for the connection to stand. */
  readonly connectMs: number | undefined;
  /** Waiting for tunnels through proxies. `undefined` too if there were none. */
  readonly proxyMs: number | undefined;
  /** Waiting for the TLS handshake. `undefined` too if there was none. */
  readonly tlsMs: number | undefined;
  /** From the first byte of the request until all of it was given to the connection, or the response came before that. */
  readonly sentMs: number;
  /** From there to the head of the response. */
  readonly ttfbMs: number;
  /** From there to the end of the body, however it ended. */
  readonly bodyMs: number | undefined;
  /** All of it. */
  readonly totalMs: number | undefined;
}

/**
 * Where the time of the call went that brought a response.
 *
 * @example
 * const client = createHttpClient({ connector: tcpConnector() });
 * const response = await client.serve(HttpRequest.from({ target: 'http://example.com/' }));
 * await response.body.text();
 * response.extensions.get(HttpTimings)?.ttfbMs;
 */
export const HttpTimings: ExtensionKey<CallTimings, 'response'> = extensionKey('http/timings', { scope: 'response' });
