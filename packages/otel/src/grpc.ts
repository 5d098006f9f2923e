export { grpcClientTelemetryLayer } from './rpc/grpc-client-telemetry-layer.ts';
export { grpcServerTelemetryLayer } from './rpc/grpc-server-telemetry-layer.ts';
export type { GrpcClientTelemetryOptions, GrpcServerTelemetryOptions } from './rpc/grpc-telemetry-options.ts';
