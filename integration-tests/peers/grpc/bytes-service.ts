import type { DefinedMethods, GrpcCodec, GrpcMethodType, GrpcSchema } from '@lamella/grpc';
import { bytesCodec, defineService, GrpcMetadata, GrpcStatus, GrpcStatusError } from '@lamella/grpc';
import type { PlainCall, PlainHandlers } from '../../support/grpc/plain-handlers.ts';

/** A method whose messages are bytes: what peers without generated code speak. */
interface BytesMethod<Type extends GrpcMethodType> {
  readonly type: Type;
  readonly request: GrpcCodec<Uint8Array>;
  readonly response: GrpcCodec<Uint8Array>;
}

/** A service with one method of each kind. */
export const Bytes: GrpcSchema<
  DefinedMethods<{
    readonly say: BytesMethod<'unary'>;
    readonly spell: BytesMethod<'server-streaming'>;
    readonly join: BytesMethod<'client-streaming'>;
    readonly chat: BytesMethod<'bidi'>;
  }>
> = defineService('lamella.test.v1.Bytes', {
  say: { type: 'unary', request: bytesCodec, response: bytesCodec },
  spell: { type: 'server-streaming', request: bytesCodec, response: bytesCodec },
  join: { type: 'client-streaming', request: bytesCodec, response: bytesCodec },
  chat: { type: 'bidi', request: bytesCodec, response: bytesCodec },
});

/** Serves it. @param log - Hears of calls that hang. */
export function bytesHandlers(log: string[]): PlainHandlers<typeof Bytes.methods> {
  return {
    async say(message, call) {
      echoMetadata(call);
      const word = message.length > 10 ? '' : new TextDecoder().decode(message);
      if (word === 'fail') {
        const metadata = GrpcMetadata.from({ 'x-why': 'so' });
        metadata.setReceived('grpc-status-details-bin', DETAILS);
        throw new GrpcStatusError(GrpcStatus.NOT_FOUND, 'nö 100%', { metadata });
      }
      if (word === 'cancel') throw new GrpcStatusError(GrpcStatus.CANCELLED, 'by the server');
      // For peers that have no other way to know.
      if (word === 'begun') return encoded(String(log.filter((entry) => entry === 'begun').length));
      if (word === 'hang') {
        log.push('begun');
        await new Promise<void>((resolve) => call.signal.addEventListener('abort', () => resolve(), { once: true }));
        log.push('aborted');
      }
      return message;
    },
    async *spell(message, call) {
      echoMetadata(call);
      for (const byte of message) yield new Uint8Array([byte]);
    },
    async join(messages, call) {
      echoMetadata(call);
      const all: Uint8Array[] = [];
      for await (const message of messages) all.push(message);
      return new Uint8Array(Buffer.concat(all));
    },
    async *chat(messages, call) {
      echoMetadata(call);
      for await (const message of messages) yield encoded(new TextDecoder().decode(message).toUpperCase());
    },
  };
}

function encoded(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function echoMetadata({ metadata, answer }: PlainCall): void {
  for (const name of ['x-word', 'x-bin']) {
    for (const value of metadata.getAll(name)) {
      answer.metadata.append(name, value);
      answer.trailers.append(`end-${name}`, value);
    }
  }
}

/** google.rpc.Status of code 5 with the message "x". */
const DETAILS = new Uint8Array([8, 5, 18, 1, 120]);
