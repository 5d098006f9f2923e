import type { HttpProtocol, HttpRequest, HttpResponse } from '@lamella/http';
import { httpServerLayer } from '@lamella/http';
import type { Connection, Connector, ConnectRequest } from '@lamella/net-core';
import { AlpnSelected, createConnection, memoryPipe, TlsSession } from '@lamella/net-core';
import type { Layer, Service } from '@lamella/service-core';
import type { Http2ServerLayerOptions } from '../../src/index.ts';
import { http2ServerLayer } from '../../src/index.ts';

/** A server in memory, and what was asked of its connector. */
export interface Origin {
  readonly connector: Connector;
  readonly dials: readonly ConnectRequest[];
  readonly serverEnds: readonly Connection[];
}

/** Serves connections by HTTP/2, or by HTTP/1.1 where `versionOf` says so of the connection with that number, from 0 on. */
export function http2Origin(
  service: Service<HttpRequest, HttpResponse>,
  options: Http2ServerLayerOptions = {},
  versionOf: (number: number) => 'h2' | 'http/1.1' = () => 'h2',
): Origin {
  const dials: ConnectRequest[] = [];
  const serverEnds: Connection[] = [];
  const h2 = http2ServerLayer({ onError() {}, ...options })(service);
  const h1 = httpServerLayer({ onError() {} })(service);
  return {
    dials,
    serverEnds,
    connector: {
      async serve(request) {
        const version = versionOf(dials.length);
        dials.push(request);
        const [near, far] = memoryPipe();
        const serverEnd = createConnection(far);
        serverEnds.push(serverEnd);
        void (version === 'h2' ? h2 : h1).serve(serverEnd);
        return createConnection(near);
      },
    },
  };
}

/** What a TLS layer leaves behind, without any: the server has chosen what `select` says. */
export function pretendTls(select: (request: ConnectRequest) => string | undefined): Layer<ConnectRequest, Connection> {
  return (inner) => ({
    async serve(request) {
      const connection = await inner.serve(request);
      if (!request.secure) return connection;
      connection.extensions.insert(TlsSession, { version: 'TLSv1.3', cipher: 'none' });
      const selected = select(request);
      if (selected !== undefined) connection.extensions.insert(AlpnSelected, selected);
      return connection;
    },
  });
}

/** Only its name is of interest. */
export function namedProtocol(protocol: HttpProtocol, opened: string[]): HttpProtocol {
  return {
    ...protocol,
    open(connection, options) {
      opened.push(protocol.name);
      return protocol.open(connection, options);
    },
  };
}
