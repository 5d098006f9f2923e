import type { ConnectorLayer, HttpClient, HttpProtocol, ProxySelector } from '@lamella/http';
import { createHttpClient } from '@lamella/http';
import { acquireTimeout } from './acquire-timeout.ts';
import { connectTo } from './connect-to.ts';
import { protocolsOf } from './http-versions.ts';
import { resolveConnector } from './resolve-connector.ts';
import type { SendOptions } from './send-options.ts';
import { sendTls } from './tls/tls-send-options.ts';
import { tracedTls } from './tls/traced-tls.ts';
import { traced } from './traced-connector.ts';
import { tracedProtocol } from './traced-protocol.ts';
import type { Transcript } from './verbose.ts';

/** What a client of `send` has to know. */
export interface SendClientOptions {
  readonly resolve: readonly string[];
  readonly connectTo: readonly string[];
  readonly connectTimeoutMs: number;
  readonly proxy: ProxySelector;
  readonly transcript: Transcript;
  readonly tls: ConnectorLayer;
  /** Versions of HTTP, the preferred one first. */
  readonly protocols: readonly HttpProtocol[];
}

/** A client as the options of a command want it. @throws CliError if they can't be followed. */
export function clientOf(options: SendOptions, proxy: ProxySelector, transcript: Transcript): HttpClient {
  const { resolve = [], connectTo: elsewhere = [], connectTimeout: connectTimeoutMs } = options;
  const tls = sendTls(options, connectTimeoutMs, process.env['SSLKEYLOGFILE']);
  const protocols = protocolsOf(options);
  return sendClient({ resolve, connectTo: elsewhere, connectTimeoutMs, proxy, transcript, tls, protocols });
}

/** A client for one request. How long that may take, from when it is sent, is for `--max-time` to say, and for nobody else. */
export function sendClient(options: SendClientOptions): HttpClient {
  const { resolve, connectTimeoutMs, proxy, transcript, tls, protocols } = options;
  const elsewhere = options.connectTo.length === 0 ? undefined : connectTo(options.connectTo);
  return createHttpClient({
    connector: traced(resolveConnector(resolve, connectTimeoutMs), transcript.note),
    tls: tracedTls(tls, transcript.note),
    protocols: protocols.map((protocol) => tracedProtocol(protocol, transcript.sent)),
    acquireTimeoutMs: acquireTimeout(connectTimeoutMs),
    proxy,
    ...(elsewhere === undefined ? {} : { connectTo: elsewhere }),
  });
}
