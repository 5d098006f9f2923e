import type { HttpHeadersInit, HttpResponse } from '@lamella/http';
import { HttpHeaders, HttpRequest, hasListToken } from '@lamella/http';
import type { Connection } from '@lamella/net-core';
import type { Service } from '@lamella/service-core';
import { abortScope, TimeoutError, UsageError } from '@lamella/service-core';
import type { WebSocketConnection } from '../connection/web-socket-connection.ts';
import { WebSocketDriver } from '../connection/web-socket-driver.ts';
import type { WebSocketOptions } from '../connection/web-socket-options.ts';
import { fullWebSocketOptions, requirePositive } from '../connection/web-socket-options.ts';
import { webSocketSettings } from '../connection/web-socket-settings.ts';
import { WebSocketHandshakeError } from '../errors.ts';
import type { Deflate } from '../framing/deflate.ts';
import { acceptKey, randomKey } from '../handshake/accept-key.ts';
import type { FullDeflateOptions, WebSocketDeflateOptions } from '../handshake/deflate-negotiation.ts';
import { acceptedDeflate, deflateOffer, deflateOptionsOf, hasDeflateMemory } from '../handshake/deflate-negotiation.ts';
import { requireSubprotocols } from '../handshake/subprotocols.ts';
import { bodyExcerpt } from './body-excerpt.ts';
import { targetOf } from './web-socket-target.ts';

/** Options of {@link connectWebSocket}. */
export interface ConnectWebSocketOptions extends WebSocketOptions {
  /** Where to, such as `ws://chat.example/room`. `wss`, `http` and `https` URLs are taken as well; no fragment. */
  readonly url: string;
  /** Subprotocols to offer, the one liked best first. Default: none. */
  readonly protocols?: readonly string[];
  /** More fields of the handshake, such as Authorization or Origin. Default: none. */
  readonly headers?: HttpHeadersInit;
  /** Compression to offer: options, or true for their defaults. Default false. */
  readonly deflate?: WebSocketDeflateOptions | boolean;
  /** Longest time to the end of the handshake, connecting included, in milliseconds, > 0. Default 30_000. */
  readonly handshakeTimeoutMs?: number;
  /** Gives up the handshake; has no say once the WebSocket is open. */
  readonly signal?: AbortSignal;
}

/**
 * Opens a WebSocket by any HTTP client.
 *
 * @remarks
 * Source: RFC 6455 section 4.1. Redirects are not followed: one is a refusal, whose `Location` the error has. Everything else that
 * the service does for requests (layers, proxies, credentials) is done for the handshake.
 *
 * @param service - Sends the handshake, such as an `HttpClient`.
 * @returns The open WebSocket. It outlives the call; close it.
 * @throws WebSocketHandshakeError if the server refuses, or does not answer as a WebSocket server; TimeoutError after
 * `handshakeTimeoutMs`; UsageError if an option makes no sense. What the service rejects with is passed on, and `signal.reason`.
 *
 * @example
 * async function greet(client: Service<HttpRequest, HttpResponse>): Promise<void> {
 *   const socket = await connectWebSocket(client, { url: 'ws://chat.example/room', protocols: ['chat'] });
 *   await socket.send('hello');
 *   console.log(await socket.receive());
 *   await socket.close();
 * }
 */
export async function connectWebSocket(
  service: Service<HttpRequest, HttpResponse>,
  options: ConnectWebSocketOptions,
): Promise<WebSocketConnection> {
  const { protocols = [], handshakeTimeoutMs = 30_000, signal } = options;
  requireSubprotocols(protocols);
  requirePositive('handshakeTimeoutMs', handshakeTimeoutMs);
  const full = fullWebSocketOptions(options);
  const deflateOptions = deflateOptionsOf(options.deflate);
  const { maxMessageBytes } = full.limits;
  const offered = deflateOptions !== undefined && hasDeflateMemory(deflateOptions) ? deflateOptions : undefined;
  const key = randomKey();
  const headers = handshakeHeaders(options.headers, key, protocols);
  if (offered !== undefined) headers.append('Sec-WebSocket-Extensions', deflateOffer(offered, maxMessageBytes));
  const init = { target: targetOf(options.url), headers };
  const request = HttpRequest.from(signal === undefined ? init : { ...init, signal });
  request.scope.throwIfAborted();

  const scope = abortScope(request);
  const timer = full.clock.startTimer(handshakeTimeoutMs, () => {
    const facts = { layer: 'websocket', phase: 'handshake' };
    scope.abort(new TimeoutError({ limit: 'handshakeTimeoutMs', timeoutMs: handshakeTimeoutMs, facts }));
  });
  try {
    const response = await scope.race(service.serve(scope.input));
    const connection = response.upgraded;
    if (response.status !== 101 || connection === undefined) throw await scope.race(refusal(response));
    const accepted = accept(response, connection, { key, protocols, offered, maxMessageBytes });
    return new WebSocketDriver(connection, webSocketSettings('client', full), accepted);
  } finally {
    timer.cancel();
    scope.close();
  }
}

interface Expected {
  readonly key: string;
  readonly protocols: readonly string[];
  readonly offered: FullDeflateOptions | undefined;
  readonly maxMessageBytes: number;
}

/** Checks a 101. RFC 6455 section 4.1. @throws WebSocketHandshakeError, with the connection destroyed. */
function accept(
  response: HttpResponse,
  connection: Connection,
  expected: Expected,
): { readonly protocol: string; readonly deflate: Deflate | undefined } {
  const { status, headers } = response;
  const fail = (code: WebSocketHandshakeError['code'], message: string, cause?: unknown): never => {
    const error = new WebSocketHandshakeError(code, message, { status, headers, cause });
    connection.stream.destroy(error);
    throw error;
  };
  if (!headers.getAll('upgrade').some((value) => hasListToken(value, 'websocket'))) {
    fail('LML_ERR_WEBSOCKET_HANDSHAKE_BAD_UPGRADE', 'the server switched to something that is no WebSocket');
  }
  if (headers.get('sec-websocket-accept') !== acceptKey(expected.key)) {
    fail('LML_ERR_WEBSOCKET_HANDSHAKE_BAD_ACCEPT', 'the server has not shown that it understood the handshake');
  }
  const protocol = headers.get('sec-websocket-protocol') ?? '';
  if (headers.has('sec-websocket-protocol') && !expected.protocols.includes(protocol)) {
    const name = JSON.stringify(protocol.slice(0, 100));
    fail('LML_ERR_WEBSOCKET_HANDSHAKE_BAD_PROTOCOL', `the server chose the subprotocol ${name}, which was not offered`);
  }
  try {
    const value = headers.get('sec-websocket-extensions');
    return { protocol, deflate: acceptedDeflate(value, expected.offered, expected.maxMessageBytes) };
  } catch (cause) {
    const message = 'the server accepted an extension otherwise than it was offered';
    return fail('LML_ERR_WEBSOCKET_HANDSHAKE_BAD_EXTENSION', message, cause);
  }
}

/** The error of an answer that is no 101. */
async function refusal(response: HttpResponse): Promise<WebSocketHandshakeError> {
  const { status, headers } = response;
  response.upgraded?.stream.destroy();
  const message = `the server refused the WebSocket with ${status}`;
  const excerpt = await bodyExcerpt(response.body);
  return new WebSocketHandshakeError('LML_ERR_WEBSOCKET_HANDSHAKE_REFUSED', message, {
    status,
    headers,
    bodyExcerpt: excerpt,
    facts: { layer: 'websocket', phase: 'handshake', retryable: status === 503 },
  });
}

function handshakeHeaders(init: HttpHeadersInit | undefined, key: string, protocols: readonly string[]): HttpHeaders {
  const headers = HttpHeaders.from(init);
  for (const name of OWN_FIELDS) {
    if (headers.has(name)) throw new UsageError(`${name} is made by the handshake itself`);
  }
  headers.append('Upgrade', 'websocket');
  headers.append('Connection', 'Upgrade');
  headers.append('Sec-WebSocket-Key', key);
  headers.append('Sec-WebSocket-Version', '13');
  if (protocols.length > 0) headers.append('Sec-WebSocket-Protocol', protocols.join(', '));
  return headers;
}

const OWN_FIELDS = [
  'Upgrade',
  'Connection',
  'Sec-WebSocket-Key',
  'Sec-WebSocket-Version',
  'Sec-WebSocket-Protocol',
  'Sec-WebSocket-Extensions',
];
