import type { Connection } from '@lamella/net-core';
import type { Layer, Lifecycle } from '@lamella/service-core';
import { UsageError } from '@lamella/service-core';
import { tlsAcceptLayer } from '@lamella/tls';
import type { TlsParts } from './tls-parts.ts';
import { ciphersOf, keyPairOf, refuseTlsParts } from './tls-parts.ts';

/** The `ssl` of http-proxy: what its server with TLS shows, and whom it asks. */
export interface HttpProxySsl extends TlsParts {
  /** Whether clients are asked for a certificate. Default false. */
  readonly requestCert?: boolean;
  /** Whether a client without a good one is refused, where clients are asked. Default true. */
  readonly rejectUnauthorized?: boolean;
}

/** What Lamella adds to {@link HttpProxySsl}. */
export interface HttpProxySslOptions {
  /** Where handshakes take part in draining. Default: nowhere. */
  readonly lifecycle?: Lifecycle;
}

/**
 * TLS for whoever asks the proxy, of the `ssl` of http-proxy. It stands in front of the server layer.
 *
 * @throws UsageError if an option is unknown, or they don't go together; TlsMaterialError if certificate and key can't be used.
 *
 * @example
 * // stack(httpProxySsl({ cert, key }), httpServerLayer(), httpProxyOptions({ connector, target }))
 * const tls = (cert: string, key: string) => httpProxySsl({ cert, key });
 */
export function httpProxySsl(ssl: HttpProxySsl, options: HttpProxySslOptions = {}): Layer<Connection, void> {
  refuseTlsParts('ssl', ssl, KNOWN);
  const pair = keyPairOf('ssl', ssl);
  if (pair === undefined) throw new UsageError('ssl needs cert and key');
  const { ca, requestCert = false, rejectUnauthorized = true } = ssl;
  if (requestCert && ca === undefined) {
    throw new UsageError('ssl.requestCert needs ca: who may sign certificates of clients');
  }
  const mode = rejectUnauthorized ? 'require' : 'request';
  return tlsAcceptLayer({
    certificates: pair,
    alpn: ['http/1.1'],
    ...ciphersOf(ssl),
    ...(requestCert && ca !== undefined ? { clientAuth: { mode, roots: ca } } : {}),
    ...(options.lifecycle === undefined ? {} : { lifecycle: options.lifecycle }),
  });
}

const KNOWN: ReadonlySet<string> = new Set([
  ...['ca', 'cert', 'key', 'passphrase', 'ciphers', 'requestCert', 'rejectUnauthorized'],
]);
