import type { HttpBody } from '@lamella/http';
import { GrpcStatus } from '../codec/grpc-status.ts';
import type { MessageFrame } from '../codec/message-frame.ts';
import { MessageFrameDecoder } from '../codec/message-frame.ts';
import { GrpcStatusError } from '../errors.ts';

/**
 * Reads the one message of a body, compressed as it is, and the end of the body.
 *
 * @returns `undefined` if there is none.
 * @throws GrpcStatusError UNIMPLEMENTED if there are several, INTERNAL if they end in the middle of one, and as {@link MessageFrameDecoder} does.
 */
export async function singleFrame(body: HttpBody, maxMessageBytes: number): Promise<MessageFrame | undefined> {
  const decoder = new MessageFrameDecoder(maxMessageBytes);
  let found: MessageFrame | undefined;
  for (let bytes = await body.read(); bytes !== undefined; bytes = await body.read()) {
    decoder.push(bytes);
    for (let frame = decoder.next(); frame !== undefined; frame = decoder.next()) {
      if (found !== undefined) throw new GrpcStatusError(GrpcStatus.UNIMPLEMENTED, 'there is more than one message');
      found = frame;
    }
  }
  if (!decoder.isAtBoundary) throw new GrpcStatusError(GrpcStatus.INTERNAL, 'the body ends in the middle of a message');
  return found;
}
