import type { MessageInitShape } from '@bufbuild/protobuf';
import { create, toBinary } from '@bufbuild/protobuf';
import type { GrpcMethods, MethodsOf } from '@lamella/grpc';
import type { PlainHandlers } from '../support/grpc/plain-handlers.ts';
import type { OpenRcaService } from './orca-pb.ts';
import { OrcaLoadReportSchema } from './orca-pb.ts';
import { pause } from './pause.ts';
import type { TestOrcaReport } from './testing-pb.ts';

/** Field of the trailers that tells of the load of a call. gRFC A51. */
export const LOAD_FIELD = 'endpoint-load-metrics-bin';

/** The value of that field. */
export function loadReportBytes(report: TestOrcaReport): Uint8Array {
  return toBinary(OrcaLoadReportSchema, create(OrcaLoadReportSchema, loadReport(report)));
}

/** What a server says of its load out of band, to whoever asks. */
export class OutOfBandReports {
  #current: MessageInitShape<typeof OrcaLoadReportSchema> = {};

  /** What is said from now on. */
  set(report: TestOrcaReport): void {
    this.#current = loadReport(report);
  }

  /** Says it at once, and then as often as the client wants. */
  readonly handlers: PlainHandlers<MethodsOf<typeof OpenRcaService> & GrpcMethods> = {
    streamCoreMetrics: ({ reportInterval }, { signal }) => this.#stream(reportInterval?.nanos ?? 0, signal),
  };

  async *#stream(
    intervalNanos: number,
    signal: AbortSignal,
  ): AsyncGenerator<MessageInitShape<typeof OrcaLoadReportSchema>> {
    for (;;) {
      yield this.#current;
      await pause(Math.max(1, intervalNanos / 1e6), signal);
    }
  }
}

function loadReport(report: TestOrcaReport): MessageInitShape<typeof OrcaLoadReportSchema> {
  const { cpuUtilization, memoryUtilization: memUtilization, requestCost, utilization } = report;
  return { cpuUtilization, memUtilization, requestCost, utilization };
}
