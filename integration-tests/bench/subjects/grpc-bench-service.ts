import type { DefinedMethods, GrpcCodec, GrpcMethodType, GrpcSchema } from '@lamella/grpc';
import { bytesCodec, defineService } from '@lamella/grpc';

interface BytesMethod<Type extends GrpcMethodType> {
  readonly type: Type;
  readonly request: GrpcCodec<Uint8Array>;
  readonly response: GrpcCodec<Uint8Array>;
}

/** What clients and servers under measurement speak. Messages are bytes: what is measured is the protocol. */
export const Bench: GrpcSchema<
  DefinedMethods<{
    readonly echo: BytesMethod<'unary'>;
    readonly repeat: BytesMethod<'server-streaming'>;
    readonly chat: BytesMethod<'bidi'>;
  }>
> = defineService('lamella.bench.v1.Bench', {
  echo: { type: 'unary', request: bytesCodec, response: bytesCodec },
  /** Gives the message back {@link REPEATS} times. */
  repeat: { type: 'server-streaming', request: bytesCodec, response: bytesCodec },
  chat: { type: 'bidi', request: bytesCodec, response: bytesCodec },
});

/** Messages of a stream of `repeat`. */
export const REPEATS = 1_000;
