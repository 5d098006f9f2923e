import { create } from '@bufbuild/protobuf';
import type { GrpcImplementation, GrpcServerCall } from '@lamella/grpc';
import { GrpcStatus, GrpcStatusError, implementService } from '@lamella/grpc';
import { formatAddress, PeerAddress } from '@lamella/net-core';
import type { Clock } from '@lamella/service-core';
import { sleep } from '@lamella/service-core';
import type { EchoReply, EchoRequest } from './echo-pb.ts';
import { Echo, EchoReplySchema } from './echo-pb.ts';

/** Answers with what has arrived, in each of the four ways that there are. Fails if it is asked to. */
export function grpcEcho({ clock }: { readonly clock: Clock }): GrpcImplementation {
  const answer = async (request: EchoRequest, number: number, call: GrpcServerCall): Promise<EchoReply> => {
    const { message, data, intervalMs, failStatus, failMessage } = request;
    requireRange('interval_ms', intervalMs, 0, 60_000);
    requireRange('fail_status', failStatus, 0, 16);
    if (intervalMs > 0) await sleep(clock, intervalMs, call.scope);
    if (failStatus > 0) throw new GrpcStatusError(failStatus, failMessage);
    return create(EchoReplySchema, { message, data, number, ...(number === 1 ? factsOf(call) : {}) });
  };
  return implementService(Echo, {
    say: (request, call) => answer(request, 1, call),
    async *repeat(request, call) {
      requireRange('count', request.count, 0, 10_000);
      for (let number = 1; number <= (request.count || 3); number++) yield await answer(request, number, call);
    },
    async join(requests, call) {
      let all = create(EchoReplySchema, factsOf(call));
      for await (const request of requests) {
        const { message, number } = await answer(request, all.number + 1, call);
        if (all.message.length + message.length > MAX_JOINED) {
          throw new GrpcStatusError(GrpcStatus.RESOURCE_EXHAUSTED, `more than ${MAX_JOINED} characters`);
        }
        all = { ...all, message: all.message + message, number };
      }
      return all;
    },
    async *chat(requests, call) {
      let number = 0;
      for await (const request of requests) yield await answer(request, ++number, call);
    },
  });
}

/** What the first answer tells of the call. */
function factsOf({ metadata, deadline, extensions }: GrpcServerCall) {
  const peer = extensions.get(PeerAddress);
  return {
    metadata: Array.from(metadata, ([name, value]) => ({
      name,
      value: typeof value === 'string' ? value : Buffer.from(value).toString('base64'),
    })),
    peer: peer === undefined ? '' : formatAddress(peer),
    ...(deadline === undefined ? {} : { timeoutMs: BigInt(Math.max(0, Math.round(deadline.remainingMs))) }),
  };
}

function requireRange(name: string, value: number, min: number, max: number): void {
  if (value >= min && value <= max) return;
  throw new GrpcStatusError(GrpcStatus.INVALID_ARGUMENT, `${name} must be ${min} to ${max}, got ${value}`);
}

/** In characters. */
const MAX_JOINED = 1_048_576;
