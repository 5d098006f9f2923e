import { ProtobufReader, WIRE } from '../codec/protobuf-reader.ts';

/**
 * When a server wants to be asked again, as `google.rpc.RetryInfo` in the details of a status says.
 *
 * @returns In milliseconds; `undefined` if it does not say, or what it says is malformed: it is advice.
 */
export function retryDelayMs(
  details: readonly { readonly typeUrl: string; readonly value: Uint8Array }[],
): number | undefined {
  const info = details.find(({ typeUrl }) => typeUrl.endsWith('/google.rpc.RetryInfo'));
  if (info === undefined) return undefined;
  try {
    const reader = new ProtobufReader(info.value);
    while (!reader.isAtEnd) {
      const { number, wireType } = reader.tag();
      if (number === 1 && wireType === WIRE.bytes) return durationMs(new ProtobufReader(reader.bytes()));
      reader.skip(wireType);
    }
    return 0;
  } catch {
    return undefined;
  }
}

/** `google.protobuf.Duration`: seconds, and nanoseconds beside them. */
function durationMs(reader: ProtobufReader): number {
  let ms = 0;
  while (!reader.isAtEnd) {
    const { number, wireType } = reader.tag();
    if (wireType !== WIRE.varint) reader.skip(wireType);
    else {
      const value = Number(BigInt.asIntN(64, reader.varint()));
      if (number === 1) ms += value * 1_000;
      else if (number === 2) ms += value / 1_000_000;
    }
  }
  return Math.max(0, ms);
}
