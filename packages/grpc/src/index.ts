// Services and messages

export type {
  Awaitable,
  GrpcHandler,
  GrpcHandlers,
  InitOf,
  MessageOf,
  MessageStream,
} from './methods/call-types.ts';
export type { DefinedMethods, GrpcMethodDefinition } from './methods/define-service.ts';
export { defineService } from './methods/define-service.ts';
export type { GrpcCodec } from './methods/grpc-codec.ts';
export { bytesCodec, jsonCodec } from './methods/grpc-codec.ts';
export type { AnyGrpcCodec, GrpcMethod, GrpcMethods, GrpcMethodType, GrpcSchema } from './methods/grpc-method.ts';
export type { GrpcServiceSource, MethodsOf, ProtobufMethod, TypeOfKind } from './methods/grpc-schema.ts';
export { grpcSchema, protobufCodec } from './methods/grpc-schema.ts';
export type { ProtobufJsonCodecOptions } from './methods/protobuf-json-codec.ts';
export { protobufJsonCodec } from './methods/protobuf-json-codec.ts';

// Servers

export type { GrpcProtocol } from './server/grpc-protocol.ts';
export type { GrpcServiceOptions } from './server/grpc-service.ts';
export { grpcService } from './server/grpc-service.ts';
export type { GrpcImplementation, GrpcImplementedMethod } from './server/implement-service.ts';
export { implementService } from './server/implement-service.ts';

// Clients

export type { GrpcCallOptions, GrpcCallParent, GrpcCredentials, GrpcCredentialsTarget } from './client/call-options.ts';
export type { GrpcChannel, GrpcChannelOptions } from './client/channel/grpc-channel.ts';
export { grpcChannel } from './client/channel/grpc-channel.ts';
export type { GrpcClient, GrpcClientMethod } from './client/client-types.ts';
export type { GrpcClientOptions } from './client/grpc-client.ts';
export { grpcClient } from './client/grpc-client.ts';
export type { GrpcServiceConfigOptions } from './client/grpc-service-config.ts';
export { grpcServiceConfig } from './client/grpc-service-config.ts';
export type { ByMethod, GrpcMethodOptions } from './client/method-settings.ts';
export type { GrpcHedgingPolicy, GrpcRetryPolicy } from './client/retries/grpc-retry-policy.ts';
export type { GrpcRetryThrottle, GrpcRetryThrottleOptions } from './client/retries/grpc-retry-throttle.ts';
export { grpcRetryThrottle } from './client/retries/grpc-retry-throttle.ts';

// Health

export type { GrpcHealth, GrpcHealthOptions } from './health/grpc-health.ts';
export { grpcHealth } from './health/grpc-health.ts';
export type { GrpcHealthCheckOptions } from './health/grpc-health-check.ts';
export { grpcHealthCheck } from './health/grpc-health-check.ts';
export type {
  HealthCheckRequest,
  HealthCheckResponse,
  HealthListRequest,
  HealthListResponse,
  HealthMethods,
} from './health/health-schema.ts';
export { HealthService, HealthStatus } from './health/health-schema.ts';

// Reflection

export type { GrpcReflectionOptions } from './reflection/grpc-reflection.ts';
export { grpcReflection } from './reflection/grpc-reflection.ts';
export type { GrpcReflectionClient, GrpcReflectionClientOptions } from './reflection/grpc-reflection-client.ts';
export { grpcReflectionClient } from './reflection/grpc-reflection-client.ts';

// ttRPC

export type { TtrpcChannel, TtrpcChannelOptions } from './ttrpc/ttrpc-channel.ts';
export { ttrpcChannel } from './ttrpc/ttrpc-channel.ts';
export type { TtrpcClientOptions } from './ttrpc/ttrpc-client.ts';
export { ttrpcClient } from './ttrpc/ttrpc-client.ts';
export type { TtrpcLimits } from './ttrpc/ttrpc-options.ts';
export type { TtrpcServerOptions } from './ttrpc/ttrpc-server.ts';
export { ttrpcServer } from './ttrpc/ttrpc-server.ts';

// Counters

export type { GrpcCallCounts, GrpcStats, GrpcStatsOptions } from './stats/grpc-stats.ts';
export { grpcStats } from './stats/grpc-stats.ts';

// gRPC-Web and Connect

export { connectClientLayer } from './connect/connect-client-layer.ts';
export type { ConnectClientLayerOptions } from './connect/connect-client-options.ts';
export type { ConnectLayerOptions } from './connect/connect-layer.ts';
export { connectLayer } from './connect/connect-layer.ts';
export type { GrpcWebClientLayerOptions } from './web/grpc-web-client-layer.ts';
export { grpcWebClientLayer } from './web/grpc-web-client-layer.ts';
export { grpcWebCors } from './web/grpc-web-cors.ts';
export { grpcWebLayer } from './web/grpc-web-layer.ts';

// Calls, as layers see them

export { GrpcAnswer } from './calls/grpc-answer.ts';
export type { GrpcCallChanges, GrpcCallParts } from './calls/grpc-call.ts';
export { GrpcCall } from './calls/grpc-call.ts';
export { CallDeadline, GrpcDeadline } from './calls/grpc-deadline.ts';
export type { GrpcOptions } from './calls/grpc-limits.ts';
export type { GrpcReply } from './calls/grpc-reply.ts';
export { GrpcServerCall } from './calls/grpc-server-call.ts';
export type { GrpcEncoding } from './codec/grpc-encoding.ts';
export type { GrpcMetadataInit, GrpcMetadataValue } from './messages/grpc-metadata.ts';
export { GrpcMetadata } from './messages/grpc-metadata.ts';

// Statuses and errors

export type { GrpcStatusName } from './codec/grpc-status.ts';
export { GrpcStatus, grpcStatusName } from './codec/grpc-status.ts';
export type { GrpcStatusErrorCode, GrpcStatusErrorOptions, TtrpcProtocolErrorCode } from './errors.ts';
export { GrpcStatusError, TtrpcProtocolError } from './errors.ts';
