import { fromBinary } from '@bufbuild/protobuf';
import type { GrpcMetadata } from '@lamella/grpc';
import { expect } from 'vitest';
import type { InteropCase } from './interop-case.ts';
import { LOAD_FIELD } from './load-reports.ts';
import type { OrcaLoadReport } from './orca-pb.ts';
import { OrcaLoadReportSchema } from './orca-pb.ts';

/** Cases of servers that tell of their load. What a balancer would do with it is not looked at. */
export const loadCases: readonly InteropCase[] = [
  {
    name: 'orca_per_rpc',
    async run({ client }) {
      const reports: unknown[] = [];
      const onTrailers = (trailers: GrpcMetadata) => {
        const bytes = trailers.getBinary(LOAD_FIELD);
        reports.push(bytes === undefined ? undefined : fromBinary(OrcaLoadReportSchema, bytes));
      };
      const orcaPerQueryReport = {
        cpuUtilization: 0.821,
        memoryUtilization: 0.5847,
        requestCost: { cost: 3456.32 },
        utilization: { util: 0.30499 },
      };
      await client.unaryCall({ orcaPerQueryReport }, { onTrailers });
      await client.unaryCall({}, { onTrailers });
      // A client may hear of the end of a call behind its answer.
      await expect.poll(() => reports).toHaveLength(2);
      const { memoryUtilization: memUtilization, ...rest } = orcaPerQueryReport;
      expect(reports).toEqual([expect.objectContaining({ ...rest, memUtilization }), undefined]);
    },
  },
  {
    name: 'orca_oob',
    needs: 'reports out of band',
    async run({ client, reports }) {
      if (reports === undefined) throw new Error('there is nobody to ask');
      const heard = reports.streamCoreMetrics({ reportInterval: { nanos: 1_000_000 } });
      const requests = async function* () {
        for (const orcaOobReport of LOADS) {
          yield { orcaOobReport, responseParameters: [{ size: 1 }] };
          await loadOf(heard, orcaOobReport.cpuUtilization);
        }
      };
      const loads: unknown[] = [];
      for await (const { payload } of client.fullDuplexCall(requests())) loads.push(payload?.body.length);
      expect(loads).toEqual([1, 1]);
      await heard.return();
    },
  },
];

/** Listens until a load is told. */
async function loadOf(heard: AsyncGenerator<OrcaLoadReport>, cpuUtilization: number): Promise<void> {
  for (;;) {
    const { value } = await heard.next();
    if (value?.cpuUtilization === cpuUtilization) return;
  }
}

const LOADS = [
  { cpuUtilization: 0.721, memoryUtilization: 0.5361, utilization: { util: 0.2039 } },
  { cpuUtilization: 0.2931, memoryUtilization: 0.2937, utilization: { util: 0.2039 } },
];
