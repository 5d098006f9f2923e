import type { HttpClient, ProxySelector } from '@lamella/http';
import { createHttpClient, http1 } from '@lamella/http';
import { resolveConnector } from './resolve-connector.ts';
import { traced } from './traced-connector.ts';
import { tracedProtocol } from './traced-protocol.ts';
import type { Transcript } from './verbose.ts';

/** What a client of `send` has to know. */
export interface SendClientOptions {
  readonly resolve: readonly string[];
  readonly connectTimeoutMs: number;
  readonly proxy: ProxySelector;
  readonly transcript: Transcript;
}

/** A client for one request. How long that may take is for `--max-time` to say, and for nobody else. */
export function sendClient({ resolve, connectTimeoutMs, proxy, transcript }: SendClientOptions): HttpClient {
  const protocol = http1({
    timeouts: { responseHeadTimeoutMs: FOREVER, bodyTimeoutMs: FOREVER, writeTimeoutMs: FOREVER },
    bodyIdleTimeoutMs: FOREVER,
  });
  return createHttpClient({
    connector: traced(resolveConnector(resolve, connectTimeoutMs), transcript.note),
    protocols: [tracedProtocol(protocol, transcript.sent)],
    acquireTimeoutMs: FOREVER,
    proxy,
  });
}

const FOREVER = Number.POSITIVE_INFINITY;
