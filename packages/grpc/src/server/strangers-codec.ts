import { GrpcStatus } from '../codec/grpc-status.ts';
import { GrpcStatusError } from '../errors.ts';
import type { AnyGrpcCodec } from '../methods/grpc-method.ts';
import { isProtobufJsonCodec } from '../methods/protobuf-json-codec.ts';

/**
 * A codec as a server uses it on what clients send.
 *
 * @remarks
 * ProtoJSON is written by hand, too: a message that is none is the client's fault, INVALID_ARGUMENT, and it is told what is wrong. Of the
 * binary format statuscodes.md of grpc/grpc says INTERNAL; and errors of codecs of a user are nobody else's business.
 */
export function strangersCodec(codec: AnyGrpcCodec): AnyGrpcCodec {
  if (codec.format !== 'json' || !isProtobufJsonCodec(codec)) return codec;
  return {
    format: codec.format,
    serialize: (message) => codec.serialize(message),
    deserialize(bytes) {
      try {
        return codec.deserialize(bytes);
      } catch (cause) {
        const why = cause instanceof Error ? cause.message.slice(0, MAX_SHOWN) : '';
        throw new GrpcStatusError(GrpcStatus.INVALID_ARGUMENT, `a message can not be read: ${why}`, { cause });
      }
    },
  };
}

const MAX_SHOWN = 200;
