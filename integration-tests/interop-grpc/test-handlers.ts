import type { GrpcMetadata, GrpcMethods, GrpcSchema, MethodsOf } from '@lamella/grpc';
import { GrpcStatus, GrpcStatusError, grpcSchema } from '@lamella/grpc';
import type { PlainCall, PlainHandlers } from '../support/grpc/plain-handlers.ts';
import { CompressedFlags } from './compressed-flags.ts';
import type { OutOfBandReports } from './load-reports.ts';
import { LOAD_FIELD, loadReportBytes } from './load-reports.ts';
import { pause } from './pause.ts';
import type { BoolValue, EchoStatus, Payload } from './testing-pb.ts';
import { TestService } from './testing-pb.ts';
import type { Caller } from './token-service.ts';

type ServedMethods = Omit<MethodsOf<typeof TestService>, 'unimplementedCall'> & GrpcMethods;

/** `TestService` without the method that nobody has. */
export const ServedTestService: GrpcSchema<ServedMethods> = servedSchema();

/** What such a server may have beside. */
export interface TestServerParts {
  /** Who calls, by the field `authorization`; `undefined` for strangers. Default: everybody is one. */
  readonly identify?: (authorization: string | undefined) => Caller | undefined;
  /** What it says of its load out of band. Default: nothing. */
  readonly reports?: OutOfBandReports;
}

/** What a server of `TestService` does: interop-test-descriptions.md of grpc/grpc, "Server". */
export function testHandlers({ identify, reports }: TestServerParts = {}): PlainHandlers<ServedMethods> {
  return {
    async emptyCall(_message, call) {
      echoMetadata(call);
      return {};
    },
    async unaryCall(request, call) {
      echoMetadata(call);
      expectCompressed(request.expectCompressed, call, 0);
      throwStatus(request.responseStatus);
      call.answer.compresses = request.responseCompressed?.value === true;
      const { orcaPerQueryReport: report } = request;
      if (report !== undefined) call.answer.trailers.append(LOAD_FIELD, loadReportBytes(report));
      const caller = identify?.(call.metadata.get('authorization'));
      return {
        payload: payloadOf(request.responseSize),
        username: (request.fillUsername && caller?.name) || '',
        oauthScope: (request.fillOauthScope && caller?.scope) || '',
      };
    },
    async cacheableUnaryCall(_request, call) {
      echoMetadata(call);
      call.answer.metadata.append('cache-control', 'max-age=60, public');
      // Each answer is another one: where two are the same, somebody has kept the first.
      return { payload: { body: Buffer.from(String(process.hrtime.bigint())) } };
    },
    async *streamingOutputCall(request, call) {
      echoMetadata(call);
      yield* responsesTo(request, call);
      throwStatus(request.responseStatus);
    },
    async streamingInputCall(requests, call) {
      let aggregatedPayloadSize = 0;
      let index = 0;
      for await (const { payload, expectCompressed: expected } of requests) {
        expectCompressed(expected, call, index++);
        aggregatedPayloadSize += payload?.body.length ?? 0;
      }
      return { aggregatedPayloadSize };
    },
    async *fullDuplexCall(requests, call) {
      echoMetadata(call);
      for await (const request of requests) {
        throwStatus(request.responseStatus);
        if (request.orcaOobReport !== undefined) reports?.set(request.orcaOobReport);
        yield* responsesTo(request, call);
      }
    },
    async *halfDuplexCall(requests, call) {
      const all = [];
      for await (const request of requests) all.push(request);
      for (const request of all) yield* responsesTo(request, call);
    },
  };
}

interface Wanted {
  readonly responseParameters: readonly {
    readonly size: number;
    readonly intervalUs: number;
    readonly compressed?: BoolValue | undefined;
  }[];
}

async function* responsesTo({ responseParameters }: Wanted, { answer, signal }: PlainCall) {
  for (const { size, intervalUs, compressed } of responseParameters) {
    if (intervalUs > 0) await pause(intervalUs / 1_000, signal);
    answer.compresses = compressed?.value === true;
    yield { payload: payloadOf(size) };
  }
}

function servedSchema(): GrpcSchema<ServedMethods> {
  const { typeName, methods } = grpcSchema(TestService);
  const { unimplementedCall: _, ...served } = methods;
  return { typeName, methods: served };
}

function payloadOf(size: number): Pick<Payload, 'body'> {
  return { body: new Uint8Array(size) };
}

function echoMetadata({ metadata, answer }: PlainCall): void {
  copy(metadata, answer.metadata, INITIAL);
  copy(metadata, answer.trailers, TRAILING);
}

function copy(from: GrpcMetadata, to: GrpcMetadata, name: string): void {
  for (const value of from.getAll(name)) to.append(name, value);
}

function throwStatus(status: EchoStatus | undefined): void {
  if (status !== undefined && status.code !== 0) throw new GrpcStatusError(status.code, status.message);
}

function expectCompressed(expected: BoolValue | undefined, { extensions }: PlainCall, index: number): void {
  if (expected === undefined) return;
  if (extensions?.get(CompressedFlags)?.[index] === expected.value) return;
  throw new GrpcStatusError(GrpcStatus.INVALID_ARGUMENT, `message ${index} must be compressed: ${expected.value}`);
}

const INITIAL = 'x-grpc-test-echo-initial';
const TRAILING = 'x-grpc-test-echo-trailing-bin';
