import { credentials as grpcJsCredentials, ServerCredentials } from '@grpc/grpc-js';
import type { GrpcClientOptions, GrpcCredentials } from '@lamella/grpc';
import { grpcClient, grpcService, implementService } from '@lamella/grpc';
import type { HttpRequest, HttpResponse } from '@lamella/http';
import { createHttpClient } from '@lamella/http';
import { http2, http2ServerLayer } from '@lamella/http2';
import type { Connection, Connector, Listener } from '@lamella/net-core';
import { memoryNetwork } from '@lamella/net-core';
import { socketConnector } from '@lamella/net-tcp';
import type { Lifecycle, Service } from '@lamella/service-core';
import { createLifecycle, stack } from '@lamella/service-core';
import type { IssuedCertificate } from '@lamella/tls';
import { certificateAuthority, tlsAcceptLayer, tlsConnectLayer } from '@lamella/tls';
import { onTestFinished } from 'vitest';
import { callCredentials, grpcJsClient } from '../support/grpc/grpc-js-client.ts';
import { grpcJsServer } from '../support/grpc/grpc-js-server.ts';
import { serveConnections, serveUntilFinished } from '../support/serve-connections.ts';
import type { TestClient } from './interop-case.ts';
import type { TestServerParts } from './test-handlers.ts';
import { ServedTestService, testHandlers } from './test-handlers.ts';
import { TestService } from './testing-pb.ts';

/** Makes clients, with credentials of their own or none. */
export type OpenClient = (credentials?: GrpcCredentials) => TestClient;

/** Who calls whom where callers show who they are: by TLS, since credentials go no other way. */
export interface CredentialWay {
  readonly name: string;
  /** Starts a server, and tells how clients are made. */
  open(identify: NonNullable<TestServerParts['identify']>): Promise<OpenClient>;
}

export const credentialWays: readonly CredentialWay[] = [
  { name: 'Lamella calls Lamella directly', open: async (identify) => ourClients(ourService(identify), 'localhost') },
  {
    name: 'Lamella calls Lamella over a network in memory',
    async open(identify) {
      const network = memoryNetwork();
      const { certificate, roots } = await issued();
      serve(network.listen('localhost:443'), identify, certificate);
      return ourClients(overTls(network.connector(), roots), 'localhost');
    },
  },
  {
    name: 'Lamella calls Lamella over TCP',
    async open(identify) {
      const { certificate, roots } = await issued();
      return ourClients(overTls(socketConnector(), roots), await serveTcp(identify, certificate));
    },
  },
  {
    name: 'Lamella calls grpc-js',
    async open(identify) {
      const { certificate, roots } = await issued();
      const pair = { private_key: Buffer.from(certificate.key), cert_chain: Buffer.from(certificate.cert) };
      const secure = ServerCredentials.createSsl(null, [pair]);
      const { address, stop } = await grpcJsServer(ServedTestService, testHandlers({ identify }), {}, secure);
      onTestFinished(stop);
      return ourClients(overTls(socketConnector(), roots), address);
    },
  },
  {
    name: 'grpc-js calls Lamella',
    async open(identify) {
      const { certificate, roots } = await issued();
      const address = await serveTcp(identify, certificate);
      const tls = grpcJsCredentials.createSsl(Buffer.from(roots));
      return (credentials) => {
        const secure = credentials === undefined ? tls : tls.compose(callCredentials(credentials));
        const { client, close } = grpcJsClient(TestService, address, NAMED, secure);
        onTestFinished(close);
        return client;
      };
    },
  },
];

type Http = Service<HttpRequest, HttpResponse>;

async function issued(): Promise<{ readonly certificate: IssuedCertificate; readonly roots: string }> {
  const authority = await certificateAuthority();
  return { certificate: await authority.issue({ names: ['localhost', '127.0.0.1'] }), roots: authority.cert };
}

function ourService(identify: TestServerParts['identify']): Http {
  return grpcService([implementService(ServedTestService, testHandlers(identify === undefined ? {} : { identify }))]);
}

function ourServer(
  lifecycle: Lifecycle,
  identify: TestServerParts['identify'],
  certificates: IssuedCertificate,
): Service<Connection, void> {
  return stack(tlsAcceptLayer({ certificates, alpn: ['h2'] }), http2ServerLayer({ lifecycle }), ourService(identify));
}

function serve(listener: Listener, identify: TestServerParts['identify'], certificates: IssuedCertificate): void {
  const lifecycle = createLifecycle();
  serveUntilFinished(listener, ourServer(lifecycle, identify, certificates), lifecycle);
}

async function serveTcp(identify: TestServerParts['identify'], certificates: IssuedCertificate): Promise<string> {
  const lifecycle = createLifecycle();
  const { authority } = await serveConnections(ourServer(lifecycle, identify, certificates), lifecycle);
  return authority;
}

function overTls(connector: Connector, roots: string): Http {
  const http = createHttpClient({ connector, tls: tlsConnectLayer({ roots }), protocols: [http2()] });
  onTestFinished(() => http.close());
  return http;
}

function ourClients(service: Http, host: string): OpenClient {
  return (credentials) => {
    const options: GrpcClientOptions = { url: `https://${host}`, ...(credentials !== undefined && { credentials }) };
    return grpcClient(service, TestService, options);
  };
}

/** Of an address, Node makes no name for the server; grpc-js wants one. */
const NAMED = { 'grpc.ssl_target_name_override': 'localhost' };
