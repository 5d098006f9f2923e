/**
 * Names of the semantic conventions that the layers write. A test holds them against the official package, which is no dependency.
 */
export const ATTR = {
  clientAddress: 'client.address',
  clientPort: 'client.port',
  connectionState: 'http.connection.state',
  errorType: 'error.type',
  localAddress: 'network.local.address',
  localPort: 'network.local.port',
  method: 'http.request.method',
  methodOriginal: 'http.request.method_original',
  networkIoDirection: 'network.io.direction',
  peerAddress: 'network.peer.address',
  peerPort: 'network.peer.port',
  protocolName: 'network.protocol.name',
  protocolVersion: 'network.protocol.version',
  requestBodySize: 'http.request.body.size',
  resendCount: 'http.request.resend_count',
  responseBodySize: 'http.response.body.size',
  route: 'http.route',
  rpcMethod: 'rpc.method',
  rpcStatusCode: 'rpc.status_code',
  rpcSystem: 'rpc.system.name',
  serverAddress: 'server.address',
  serverPort: 'server.port',
  statusCode: 'http.response.status_code',
  tlsProtocolName: 'tls.protocol.name',
  tlsProtocolVersion: 'tls.protocol.version',
  tlsResumed: 'tls.resumed',
  transport: 'network.transport',
  networkType: 'network.type',
  urlFull: 'url.full',
  urlPath: 'url.path',
  urlQuery: 'url.query',
  urlScheme: 'url.scheme',
  userAgent: 'user_agent.original',
} as const;

/** Names of metrics of the semantic conventions. */
export const METRIC = {
  clientActiveRequests: 'http.client.active_requests',
  clientOpenConnections: 'http.client.open_connections',
  clientRequestBodySize: 'http.client.request.body.size',
  clientRequestDuration: 'http.client.request.duration',
  clientResponseBodySize: 'http.client.response.body.size',
  rpcClientCallDuration: 'rpc.client.call.duration',
  rpcServerCallDuration: 'rpc.server.call.duration',
  serverActiveRequests: 'http.server.active_requests',
  serverRequestBodySize: 'http.server.request.body.size',
  serverRequestDuration: 'http.server.request.duration',
  serverResponseBodySize: 'http.server.response.body.size',
} as const;

/** The value of what is not among the known ones. */
export const OTHER = '_OTHER';

/** Bounds that the conventions advise for durations of requests and calls, in seconds. */
export const DURATION_BOUNDS: readonly number[] = [
  0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
];

/** Name under which tracers, meters and loggers of this package are asked for. */
export const SCOPE_NAME = '@lamella/otel';

/** Version of the conventions that the names are of. */
export const SCHEMA_URL = 'https://opentelemetry.io/schemas/1.45.0';
