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

/** Serves every connection by HTTP/2, or by HTTP/1.1 where that was chosen. */
export function http2Origin(
  service: Service<HttpRequest, HttpResponse>,
  options: Http2ServerLayerOptions = {},
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
        dials.push(request);
        const [near, far] = memoryPipe();
        const serverEnd = createConnection(far);
        serverEnds.push(serverEnd);
        void (request.alpnOffer[0] === 'http/1.1' ? h1 : h2).serve(serverEnd);
        return createConnection(near);
      },
    },
  };
}

/** What a TLS layer leaves behind, without any: the server has chosen `selected`, or nothing. */
export function pretendTls(selected: string | undefined): Layer<ConnectRequest, Connection> {
  return (inner) => ({
    async serve(request) {
      const connection = await inner.serve(request);
      if (!request.secure) return connection;
      connection.extensions.insert(TlsSession, { version: 'TLSv1.3', cipher: 'none' });
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
