import type { LayerSubject } from '@lamella/service-core/testing';
import { layerCases, testInput } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import { GrpcCall, NO_MESSAGES } from '../calls/grpc-call.ts';
import type { GrpcReply } from '../calls/grpc-reply.ts';
import { GrpcMetadata } from '../messages/grpc-metadata.ts';
import { defineService } from '../methods/define-service.ts';
import { jsonCodec } from '../methods/grpc-codec.ts';
import { credentialsLayer } from './credentials-layer.ts';

const text = jsonCodec(String);
const { methods } = defineService('a.B', { c: { type: 'unary', request: text, response: text } });

describe('credentialsLayer', () => {
  it.each(layerCases)('$name', ({ run }) => run(subject));

  it('gives up waiting for credentials when the call is aborted', async () => {
    const signals: AbortSignal[] = [];
    const layer = credentialsLayer(({ signal }) => {
      signals.push(signal);
      return new Promise(() => {});
    }, 'https://a.test');
    const input = testInput('x');
    const call = layer({ serve: () => Promise.reject(new Error('too early')) }).serve(callOf(input));
    const reason = new Error('enough');
    const failure = expect(call).rejects.toBe(reason);
    await Promise.resolve();
    input.scope.abort(reason);
    await failure;
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
  });
});

/** Values travel as the message of calls. */
const subject: LayerSubject = (inner) => {
  const layer = credentialsLayer(() => ({ authorization: 'x' }), 'https://a.test');
  const service = layer({
    serve({ message, metadata, scope, extensions }) {
      if (metadata.get('authorization') !== 'x') throw new Error('the credentials are missing');
      return inner.serve(testInput(String(message)).fork({ scope, extensions })).then(replyOf);
    },
  });
  return { serve: async (input) => String((await service.serve(callOf(input))).message) };
};

function callOf(input: ReturnType<typeof testInput<string>>): GrpcCall {
  const { value, scope, extensions } = input;
  const method = methods.c;
  const metadata = new GrpcMetadata();
  return new GrpcCall({
    method,
    metadata,
    deadline: undefined,
    message: value,
    messages: NO_MESSAGES,
    extensions,
    scope,
  });
}

function replyOf(message: string): GrpcReply {
  return { metadata: new GrpcMetadata(), message, messages: NO_MESSAGES, trailers: new GrpcMetadata() };
}
