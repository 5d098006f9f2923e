import type { DescMessage, MessageInitShape, MessageShape, Registry } from '@bufbuild/protobuf';
import { create, fromJsonString, toJsonString } from '@bufbuild/protobuf';
import type { GrpcCodec } from './grpc-codec.ts';

/** Options of {@link protobufJsonCodec}. */
export interface ProtobufJsonCodecOptions {
  /** Messages that fields of the type `google.protobuf.Any` may hold. Default: none. */
  readonly registry?: Registry;
}

/**
 * Messages of a descriptor as JSON, as protobuf maps them to it (ProtoJSON).
 *
 * @remarks
 * Fields that are not known are left aside, as they are in the binary format: clients and servers are seldom of the same age.
 *
 * @example
 * import { StringValueSchema } from '@bufbuild/protobuf/wkt';
 *
 * const codec = protobufJsonCodec(StringValueSchema);
 * codec.serialize({ value: 'hello' }); // the bytes of '"hello"'
 */
export function protobufJsonCodec<Described extends DescMessage>(
  schema: Described,
  options: ProtobufJsonCodecOptions = {},
): GrpcCodec<MessageShape<Described>, MessageInitShape<Described>> {
  const { registry } = options;
  const readOptions = { ignoreUnknownFields: true, ...(registry === undefined ? {} : { registry }) };
  const writeOptions = registry === undefined ? {} : { registry };
  const codec: GrpcCodec<MessageShape<Described>, MessageInitShape<Described>> = {
    format: 'json',
    serialize: (message) => Buffer.from(toJsonString(schema, create(schema, message), writeOptions), 'utf8'),
    deserialize: (bytes) => fromJsonString(schema, UTF8.decode(bytes), readOptions),
  };
  codecs.add(codec);
  return codec;
}

/** Whether a codec is one that {@link protobufJsonCodec} made. */
export function isProtobufJsonCodec(codec: object): boolean {
  return codecs.has(codec);
}

const UTF8 = new TextDecoder('utf-8', { fatal: true });
const codecs = new WeakSet<object>();
