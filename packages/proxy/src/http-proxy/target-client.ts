import type { HttpRequest, HttpResponse } from '@lamella/http';
import { createHttpClient } from '@lamella/http';
import type { Connector } from '@lamella/net-core';
import type { Clock, Lifecycle, Service } from '@lamella/service-core';
import { UsageError } from '@lamella/service-core';
import { tlsConnectLayer } from '@lamella/tls';
import type { HttpProxyTarget } from './target-place.ts';
import type { Pem, TlsParts } from './tls-parts.ts';
import { ciphersOf, keyPairOf } from './tls-parts.ts';

/** Who sends the requests on: a client that is given, or one that is made of a connector and of what http-proxy says about TLS. */
export interface TargetClientOptions {
  /** Sends requests on, such as an `HttpClient`; TLS to targets is its business. Either this or `connector` is required. */
  readonly client?: Service<HttpRequest, HttpResponse>;
  /** Makes connections, such as `tcpConnector()`, for a client of the proxy's own. */
  readonly connector?: Connector;
  /** Where the client of the proxy's own takes part in draining. Default: nowhere; its idle connections close after 50 seconds. */
  readonly lifecycle?: Lifecycle;
  /** Whether targets of `https:` have to show a good certificate for their name. Default true. Only with `connector`. */
  readonly secure?: boolean;
  /** Who may sign certificates of targets, as PEM, instead of those that Node trusts. Default: those. Only with `connector`. */
  readonly ca?: Pem | readonly Pem[];
  /** Gets the requests; as parts it may hold `ca`, `cert`, `key`, `passphrase` and `ciphers`. */
  readonly target?: HttpProxyTarget;
  /** Gets copies of requests. */
  readonly forward?: HttpProxyTarget;
  /** Source of time. */
  readonly clock?: Clock;
}

/** The client that is given, or a new one. @throws UsageError if there is neither, or what is said about TLS would have no effect. */
export function targetClient(options: TargetClientOptions): Service<HttpRequest, HttpResponse> {
  const { client, connector, clock, lifecycle, secure } = options;
  const parts = partsOf(options.target);
  refuseParts('forward', partsOf(options.forward));
  if (client !== undefined) {
    if (connector !== undefined)
      throw new UsageError('client and connector are both given: one of them sends requests');
    for (const name of ['secure', 'ca', 'lifecycle'] as const) {
      if (options[name] !== undefined) throw new UsageError(`${name}: ${OF_THE_CLIENT[name]}`);
    }
    refuseParts('target', parts);
    return client;
  }
  if (connector === undefined) throw new UsageError('client or connector must say how requests are sent');
  if (secure !== undefined && typeof secure !== 'boolean') {
    throw new UsageError(`secure must be true or false, got ${JSON.stringify(secure)}`);
  }
  const time = clock === undefined ? {} : { clock };
  return createHttpClient({
    connector,
    tls: targetTls({ ...parts, ...(options.ca === undefined ? {} : { ca: options.ca }) }, secure ?? true, time),
    ...(lifecycle === undefined ? {} : { lifecycle }),
    ...time,
  });
}

function targetTls(parts: TlsParts, secure: boolean, time: { readonly clock?: Clock }) {
  const pair = keyPairOf('target', parts);
  return tlsConnectLayer({
    ...(parts.ca === undefined ? {} : { roots: parts.ca }),
    ...(pair === undefined ? {} : { clientCertificate: pair }),
    ...ciphersOf(parts),
    dangerouslyAcceptAnyCertificate: !secure,
    ...time,
  });
}

/** What a target says about TLS. */
function partsOf(target: HttpProxyTarget | undefined): TlsParts {
  if (typeof target !== 'object' || target === null || target instanceof URL) return {};
  const { ca, cert, key, passphrase, ciphers } = target;
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(passphrase === undefined ? {} : { passphrase }),
    ...(ciphers === undefined ? {} : { ciphers }),
  };
}

function refuseParts(name: string, parts: TlsParts): void {
  for (const part of Object.keys(parts)) {
    throw new UsageError(`${name}.${part}: TLS is that of the client: createHttpClient({ tls: tlsConnectLayer(...) })`);
  }
}

const OF_THE_CLIENT = {
  secure: 'TLS is that of the client: its tls: tlsConnectLayer(...), or give a connector instead of a client',
  ca: 'TLS is that of the client: its tls: tlsConnectLayer({ roots }), or give a connector instead of a client',
  lifecycle: 'the client has one of its own: createHttpClient({ lifecycle })',
} as const;
