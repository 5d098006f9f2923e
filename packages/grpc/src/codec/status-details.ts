import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { Any } from '@bufbuild/protobuf/wkt';
import { AnySchema } from '@bufbuild/protobuf/wkt';

/**
 * Writes a `google.rpc.Status`, the content of `grpc-status-details-bin`.
 *
 * @remarks
 * Three fields: code 1, message 2, details 3 (repeated `google.protobuf.Any`).
 */
export function encodeStatusDetails(status: number, message: string, details: readonly Any[]): Uint8Array {
  const writer = new BinaryWriter();
  if (status !== 0) writer.tag(1, WireType.Varint).int32(status);
  if (message !== '') writer.tag(2, WireType.LengthDelimited).string(message);
  for (const detail of details) {
    writer.tag(3, WireType.LengthDelimited).bytes(toBinary(AnySchema, create(AnySchema, detail)));
  }
  return writer.finish();
}

/** @returns The details of a `google.rpc.Status`, or `undefined` if the bytes are none. */
export function decodeStatusDetails(bytes: Uint8Array): readonly Any[] | undefined {
  const details: Any[] = [];
  try {
    const reader = new BinaryReader(bytes);
    while (reader.pos < reader.len) {
      const [field, type] = reader.tag();
      if (field === 3 && type === WireType.LengthDelimited) details.push(fromBinary(AnySchema, reader.bytes()));
      else reader.skip(type, field);
    }
    return details;
  } catch {
    return undefined; // advice of the peer: bad advice must not hide the status
  }
}
