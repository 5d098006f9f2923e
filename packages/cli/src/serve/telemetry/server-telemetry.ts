import type { GrpcReply, GrpcServerCall } from '@lamella/grpc';
import type { HttpRequest, HttpResponse } from '@lamella/http';
import type { Connection, ConnectRequest } from '@lamella/net-core';
import type { Layer } from '@lamella/service-core';
import type { WebSocketConnection } from '@lamella/ws';

/** Layers that record what a server does; or that do nothing. */
export interface ServerTelemetry {
  /** Around everything that a listener accepts. */
  readonly connection: Layer<Connection, void>;
  /** Around what serves requests. */
  readonly server: Layer<HttpRequest, HttpResponse>;
  /** Around clients of what is behind. */
  readonly client: Layer<HttpRequest, HttpResponse>;
  /** Around what dials. */
  readonly connector: Layer<ConnectRequest, Connection>;
  /** For handlers of WebSockets. */
  readonly webSocket: Layer<WebSocketConnection, void>;
  /** For services of gRPC. */
  readonly call: Layer<GrpcServerCall, GrpcReply>;
  /** Ends what carries exports; what was recorded must have been handed over by then. */
  readonly close: () => void;
}

/** Nothing is recorded. */
export const noTelemetry: ServerTelemetry = {
  connection: (inner) => inner,
  server: (inner) => inner,
  client: (inner) => inner,
  connector: (inner) => inner,
  webSocket: (inner) => inner,
  call: (inner) => inner,
  close() {},
};
