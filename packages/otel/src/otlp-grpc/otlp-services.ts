import type { GrpcCodec, GrpcMethod, GrpcSchema } from '@lamella/grpc';
import { bytesCodec, defineService } from '@lamella/grpc';

/** A service of OTLP; messages are bytes, which the exporters and the receiver write and read themselves. */
type ExportService = GrpcSchema<{
  readonly export: GrpcMethod<'unary', GrpcCodec<Uint8Array>, GrpcCodec<Uint8Array>>;
}>;

/** Where spans are sent to. */
export const TraceService: ExportService = exportService('opentelemetry.proto.collector.trace.v1.TraceService');
/** Where metrics are sent to. */
export const MetricsService: ExportService = exportService('opentelemetry.proto.collector.metrics.v1.MetricsService');
/** Where log records are sent to. */
export const LogsService: ExportService = exportService('opentelemetry.proto.collector.logs.v1.LogsService');

function exportService(typeName: string): ExportService {
  return defineService(typeName, { export: { type: 'unary', request: bytesCodec, response: bytesCodec } });
}
