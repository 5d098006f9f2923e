import type { GrpcClientOptions } from '@lamella/grpc';
import { grpcClient, grpcService, implementService } from '@lamella/grpc';
import type { HttpRequest, HttpResponse } from '@lamella/http';
import { createHttpClient } from '@lamella/http';
import { http2, http2ServerLayer } from '@lamella/http2';
import type { Connection, Connector, Listener } from '@lamella/net-core';
import { memoryNetwork } from '@lamella/net-core';
import { socketConnector } from '@lamella/net-tcp';
import type { Lifecycle, Service } from '@lamella/service-core';
import { createLifecycle } from '@lamella/service-core';
import { onTestFinished } from 'vitest';
import { grpcJsClient } from '../support/grpc/grpc-js-client.ts';
import { grpcJsServer } from '../support/grpc/grpc-js-server.ts';
import { serveConnections, serveUntilFinished } from '../support/serve-connections.ts';
import { watchRequests, watchResponses } from './compressed-flags.ts';
import type { InteropNeed, InteropPeers, TestClient } from './interop-case.ts';
import { OutOfBandReports } from './load-reports.ts';
import { OpenRcaService } from './orca-pb.ts';
import { ServedTestService, testHandlers } from './test-handlers.ts';
import { TestService, UnimplementedService } from './testing-pb.ts';

/** Who calls whom, and by what. */
export interface InteropWay {
  readonly name: string;
  readonly can: readonly InteropNeed[];
  open(): Promise<InteropPeers>;
}

/** grpc-js compresses nothing as a server, and as a client whole calls only; so it is tried with what it can do. */
export const interopWays: readonly InteropWay[] = [
  {
    name: 'Lamella calls Lamella directly',
    can: ['compressing clients', 'compressing servers', 'reports out of band'],
    async open() {
      const service = ourService();
      return ourPeers(() => ({ service, close: async () => {} }), 'http://localhost');
    },
  },
  {
    name: 'Lamella calls Lamella over a network in memory',
    can: ['compressing clients', 'compressing servers', 'reports out of band'],
    async open() {
      const network = memoryNetwork();
      serve(network.listen('test.example:80'));
      return ourPeers(() => overHttp(network.connector()), 'http://test.example');
    },
  },
  {
    name: 'Lamella calls Lamella over TCP',
    can: ['compressing clients', 'compressing servers', 'reports out of band'],
    open: async () => ourPeers(() => overHttp(socketConnector()), `http://${await serveTcp()}`),
  },
  {
    name: 'Lamella calls grpc-js',
    can: [],
    open: async () => ourPeers(() => overHttp(socketConnector()), `http://${await serveGrpcJs()}`),
  },
  { name: 'grpc-js calls Lamella', can: ['reports out of band'], open: async () => grpcJsPeers(await serveTcp()) },
  { name: 'grpc-js calls grpc-js', can: [], open: async () => grpcJsPeers(await serveGrpcJs()) },
];

interface Way {
  readonly service: Service<HttpRequest, HttpResponse>;
  close(): Promise<void>;
}

function ourService(): Service<HttpRequest, HttpResponse> {
  const options = { encoding: 'gzip', compressFromBytes: 0 } as const;
  const reports = new OutOfBandReports();
  const implementations = [
    implementService(ServedTestService, testHandlers({ reports })),
    implementService(OpenRcaService, reports.handlers),
  ];
  return watchRequests(grpcService(implementations, options));
}

function ourServer(lifecycle: Lifecycle): Service<Connection, void> {
  return http2ServerLayer({ lifecycle })(ourService());
}

function serve(listener: Listener): void {
  const lifecycle = createLifecycle();
  serveUntilFinished(listener, ourServer(lifecycle), lifecycle);
}

async function serveTcp(): Promise<string> {
  const lifecycle = createLifecycle();
  const { authority } = await serveConnections(ourServer(lifecycle), lifecycle);
  return authority;
}

async function serveGrpcJs(): Promise<string> {
  const { address, stop } = await grpcJsServer(ServedTestService, testHandlers());
  onTestFinished(stop);
  return address;
}

function overHttp(connector: Connector): Way {
  const http = createHttpClient({ connector, protocols: [http2()] });
  return { service: http, close: () => http.close() };
}

function ourPeers(make: () => Way, url: string): InteropPeers {
  const compressed: boolean[] = [];
  const options: GrpcClientOptions = { url, compressFromBytes: 0 };
  const way = make();
  onTestFinished(way.close);
  const service = watchResponses(way.service, compressed);
  return {
    client: grpcClient(service, TestService, options),
    unimplemented: grpcClient(service, UnimplementedService, options),
    reports: grpcClient(service, OpenRcaService, options),
    compressed,
    async open() {
      const other = make();
      return { client: grpcClient(other.service, TestService, options), close: other.close };
    },
  };
}

function grpcJsPeers(address: string): InteropPeers {
  const open = async (): Promise<{ client: TestClient; close(): Promise<void> }> => {
    const { client, close } = grpcJsClient(TestService, address);
    return { client, close: async () => close() };
  };
  const { client, close } = grpcJsClient(TestService, address);
  const others = grpcJsClient(UnimplementedService, address);
  const loads = grpcJsClient(OpenRcaService, address);
  onTestFinished(() => {
    close();
    others.close();
    loads.close();
  });
  return { client, unimplemented: others.client, reports: loads.client, compressed: [], open };
}
