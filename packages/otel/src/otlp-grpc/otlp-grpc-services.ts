import type { GrpcImplementation } from '@lamella/grpc';
import { GrpcStatus, GrpcStatusError, implementService } from '@lamella/grpc';
import { encodeOtlpAnswer } from '../codec/encode-otlp-answer.ts';
import { OtlpError } from '../errors.ts';
import type { OtlpSignal } from '../receiver/otlp-data.ts';
import type { OtlpSink } from '../receiver/otlp-sink.ts';
import { takeExport } from '../receiver/otlp-sink.ts';
import { LogsService, MetricsService, TraceService } from './otlp-services.ts';

/**
 * The services that receive telemetry by OTLP over gRPC, for `grpcService`, beside others if wanted.
 *
 * @remarks
 * What is malformed ends with INVALID_ARGUMENT; if the sink fails, with UNKNOWN, or what it says by a `GrpcStatusError`. How long a message may be is
 * an option of `grpcService`.
 *
 * @param sink - What becomes of it; the same may stand behind an `otlpReceiver`.
 *
 * @example
 * const received = new OtlpCollection();
 * const service = grpcService(otlpGrpcServices(received.sink));
 * const exporter = await otlpTraceExporter(otlpOverGrpc(service)); // no network between them
 */
export function otlpGrpcServices(sink: OtlpSink): readonly GrpcImplementation[] {
  const take =
    (signal: OtlpSignal) =>
    async (bytes: Uint8Array): Promise<Uint8Array> => {
      try {
        return encodeOtlpAnswer(await takeExport(sink, signal, bytes, 'protobuf'));
      } catch (error) {
        if (!(error instanceof OtlpError)) throw error;
        throw new GrpcStatusError(GrpcStatus.INVALID_ARGUMENT, error.message, { cause: error });
      }
    };
  return [
    implementService(TraceService, { export: take('traces') }),
    implementService(MetricsService, { export: take('metrics') }),
    implementService(LogsService, { export: take('logs') }),
  ];
}
