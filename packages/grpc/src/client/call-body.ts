import type { BodySource } from '@lamella/http';
import { HttpBody } from '@lamella/http';
import type { AbortScope } from '@lamella/service-core';
import type { GrpcCall } from '../calls/grpc-call.ts';
import type { MessageWriterOptions } from '../messages/message-writer.ts';
import { encodeMessage } from '../messages/message-writer.ts';
import { hasRequestStream } from '../methods/grpc-method.ts';

/**
 * The body of a call's request.
 *
 * @param scope - Aborted with what the caller's own stream of messages fails with: such a call ends with that, whatever the server says.
 */
export async function callBody(call: GrpcCall, scope: AbortScope, options: MessageWriterOptions): Promise<HttpBody> {
  const codec = call.method.request;
  if (!hasRequestStream(call.method.type)) return HttpBody.from(await encodeMessage(call.message, codec, options));
  const iterator = call.messages[Symbol.asyncIterator]();
  let isOver = false;
  const source: BodySource = {
    async read() {
      try {
        const result = await iterator.next();
        if (result.done !== true) return await encodeMessage(result.value, codec, options);
        isOver = true;
        return undefined;
      } catch (error) {
        isOver = true;
        scope.abort(error);
        throw error;
      }
    },
    cancel() {
      if (!isOver) void Promise.resolve(iterator.return?.()).catch(ignore);
    },
  };
  return HttpBody.fromSource(source);
}

function ignore(): void {}
