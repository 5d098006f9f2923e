import { HttpBody } from '@lamella/http';
import type { AbortScope } from '@lamella/service-core';
import type { GrpcCall } from '../calls/grpc-call.ts';
import { encodeMessage } from '../messages/message-writer.ts';
import { hasRequestStream } from '../methods/grpc-method.ts';
import type { CallContent, CallContentOptions } from './call-content-types.ts';
import { StreamContent } from './stream-content.ts';

/**
 * Makes the content of a call.
 *
 * @param scope - Aborted with what the caller's own stream of messages fails with: such a call ends with that, whatever the server says.
 */
export function callContent(
  call: GrpcCall,
  scope: AbortScope,
  options: CallContentOptions,
): CallContent | Promise<CallContent> {
  if (hasRequestStream(call.method.type)) return new StreamContent(call, scope, options);
  const bytes = encodeMessage(call.message, call.method.request, options);
  return bytes instanceof Uint8Array ? singleContent(bytes) : bytes.then(singleContent);
}

/** One message can be sent as often as is wanted. */
function singleContent(bytes: Uint8Array): CallContent {
  return { canRepeat: true, attempt: () => ({ body: HttpBody.from(bytes), commit: ignore }), end: ignore };
}

function ignore(): void {}
