import { OtlpError } from '../errors.ts';
import { DecodeBudget } from './decode-budget.ts';
import type { OtlpField, OtlpMessage, OtlpScalar } from './otlp-messages.ts';
import { ProtobufReader, WIRE } from './protobuf-reader.ts';

/**
 * Reads a message of OTLP in protobuf, in the shape that it has in OTLP/JSON: lists are always there, everything else only if it was sent.
 *
 * @throws OtlpError `LML_ERR_OTLP_BAD_MESSAGE` if it is malformed, or too much. Fields that are not known are passed over.
 */
export function decodeOtlpProtobuf(message: OtlpMessage, bytes: Uint8Array): Record<string, unknown> {
  return readMessage(message, new ProtobufReader(bytes), 0, new DecodeBudget());
}

function readMessage(
  message: OtlpMessage,
  reader: ProtobufReader,
  depth: number,
  budget: DecodeBudget,
): Record<string, unknown> {
  budget.takeMessage(depth);
  const found: Record<string, unknown> = {};
  for (const { name, isRepeated } of message.values()) if (isRepeated) found[name] = [];
  while (!reader.isAtEnd) {
    const { number, wireType } = reader.tag();
    const field = message.get(number);
    if (field === undefined) reader.skip(wireType);
    else readField(found, field, reader, wireType, depth, budget);
  }
  return found;
}

function readField(
  found: Record<string, unknown>,
  { name, type, isRepeated }: OtlpField,
  reader: ProtobufReader,
  wireType: number,
  depth: number,
  budget: DecodeBudget,
): void {
  const list = isRepeated ? found[name] : undefined;
  if (Array.isArray(list)) {
    // Numbers come packed, or one by one: a reader takes both.
    if (typeof type !== 'function' && WIRE_TYPES[type] !== WIRE.bytes && wireType === WIRE.bytes) {
      const packed = new ProtobufReader(reader.bytes());
      while (!packed.isAtEnd) {
        budget.takeValue();
        list.push(readScalar(packed, type, WIRE_TYPES[type]));
      }
    } else list.push(readValue(reader, type, wireType, depth, budget));
  } else found[name] = readValue(reader, type, wireType, depth, budget);
}

function readValue(
  reader: ProtobufReader,
  type: OtlpField['type'],
  wireType: number,
  depth: number,
  budget: DecodeBudget,
): unknown {
  if (typeof type !== 'function') {
    budget.takeValue();
    return readScalar(reader, type, wireType);
  }
  if (wireType !== WIRE.bytes) throw badWireType(wireType);
  return readMessage(type(), new ProtobufReader(reader.bytes()), depth + 1, budget);
}

function readScalar(reader: ProtobufReader, type: OtlpScalar, wireType: number): unknown {
  if (wireType !== WIRE_TYPES[type]) throw badWireType(wireType);
  switch (type) {
    case 'string':
      return reader.text('utf8');
    case 'id':
      return reader.text('hex');
    case 'bytes':
      return reader.text('base64');
    case 'bool':
      return reader.varint() !== 0n;
    case 'double':
      return reader.double();
    case 'fixed64':
      return String(reader.fixed64());
    case 'sfixed64':
      return String(BigInt.asIntN(64, reader.fixed64()));
    case 'uint64':
      return String(reader.varint());
    case 'int64':
      return String(BigInt.asIntN(64, reader.varint()));
    case 'fixed32':
      return reader.fixed32();
    case 'uint32':
      return Number(BigInt.asUintN(32, reader.varint()));
    case 'enum':
      return Number(BigInt.asIntN(32, reader.varint()));
    case 'sint32':
      return zigZag(Number(BigInt.asUintN(32, reader.varint())));
  }
}

function zigZag(value: number): number {
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}

function badWireType(wireType: number): OtlpError {
  return new OtlpError('LML_ERR_OTLP_BAD_MESSAGE', `a field has the wire type ${wireType}, which is not its own`);
}

const WIRE_TYPES: Readonly<Record<OtlpScalar, number>> = {
  string: WIRE.bytes,
  id: WIRE.bytes,
  bytes: WIRE.bytes,
  bool: WIRE.varint,
  int64: WIRE.varint,
  uint64: WIRE.varint,
  uint32: WIRE.varint,
  sint32: WIRE.varint,
  enum: WIRE.varint,
  double: WIRE.fixed64,
  fixed64: WIRE.fixed64,
  sfixed64: WIRE.fixed64,
  fixed32: WIRE.fixed32,
};
