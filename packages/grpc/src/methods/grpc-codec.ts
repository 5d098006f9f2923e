/**
 * How messages of one type become bytes and come back.
 *
 * @remarks
 * `Init` is what may be given to be sent, `Message` what comes out at the other end; with protobuf a partial message will do for sending.
 */
export interface GrpcCodec<Message, Init = Message> {
  /** Name behind `application/grpc+`, in lower case, such as `'json'`. */
  readonly format: string;
  /** Makes bytes of a message. May throw: the call ends with INTERNAL. */
  serialize(message: Init): Uint8Array;
  /** Makes a message of bytes, which are its own. May throw: the call ends with INTERNAL. */
  deserialize(bytes: Uint8Array): Message;
}

/**
 * Messages as JSON.
 *
 * @param check - Makes a message of what was parsed, and throws if it is none; of a stranger's messages nothing is known otherwise.
 *
 * @example
 * const codec = jsonCodec((value) => ({ name: String((value as { name?: unknown }).name) }));
 */
export function jsonCodec<Message>(check: (value: unknown) => Message): GrpcCodec<Message> {
  return {
    format: 'json',
    serialize: (message) => Buffer.from(JSON.stringify(message) ?? 'null', 'utf8'),
    deserialize: (bytes) => check(JSON.parse(UTF8.decode(bytes))),
  };
}

/** Messages as bytes, as they are. */
export const bytesCodec: GrpcCodec<Uint8Array> = {
  format: 'proto',
  serialize: (message) => message,
  deserialize: (bytes) => bytes,
};

const UTF8 = new TextDecoder('utf-8', { fatal: true });
