import { setTimeout as sleep } from 'node:timers/promises';
import type { GrpcClient, GrpcCodec, GrpcImplementation, GrpcMethod, GrpcMethodType, GrpcSchema } from '@lamella/grpc';
import { bytesCodec, defineService, GrpcStatus, GrpcStatusError, implementService, jsonCodec } from '@lamella/grpc';

const count = jsonCodec(Number);

/** The methods that a soak calls. */
export const SoakCalls: GrpcSchema<{
  readonly echo: GrpcMethod<'unary', GrpcCodec<Uint8Array>, GrpcCodec<Uint8Array>>;
  readonly wait: CountMethod<'unary'>;
  readonly countTo: CountMethod<'server-streaming'>;
  readonly sum: CountMethod<'client-streaming'>;
  readonly double: CountMethod<'bidi'>;
}> = defineService('soak.v1.Soak', {
  echo: { type: 'unary', request: bytesCodec, response: bytesCodec },
  wait: { type: 'unary', request: count, response: count },
  countTo: { type: 'server-streaming', request: count, response: count },
  sum: { type: 'client-streaming', request: count, response: count },
  double: { type: 'bidi', request: count, response: count },
});

type CountMethod<Type extends GrpcMethodType> = GrpcMethod<Type, GrpcCodec<number>, GrpcCodec<number>>;

/** What calls them. */
export type SoakCaller = GrpcClient<(typeof SoakCalls)['methods']>;

/** What serves them. */
export const soakCalls: GrpcImplementation = implementService(SoakCalls, {
  echo(bytes) {
    if (bytes.length === 0) throw new GrpcStatusError(GrpcStatus.INVALID_ARGUMENT, 'there is nothing to give back');
    return bytes;
  },
  async wait(ms, { signal }) {
    await sleep(ms, undefined, { signal });
    return ms;
  },
  *countTo(last) {
    for (let number = 1; number <= last; number++) yield number;
  },
  async sum(numbers) {
    let sum = 0;
    for await (const number of numbers) sum += number;
    return sum;
  },
  async *double(numbers) {
    for await (const number of numbers) yield number * 2;
  },
});
