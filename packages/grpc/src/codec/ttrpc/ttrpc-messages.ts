import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { GrpcStatusError } from '../../errors.ts';
import { GrpcStatus } from '../grpc-status.ts';
import { decodeStatusDetails, encodeStatusDetails } from '../status-details.ts';

/** What a frame of type Request says. */
export interface TtrpcRequest {
  /** Full name of the service. */
  readonly service: string;
  /** Name of the method. */
  readonly method: string;
  /** The message; empty if there is none. */
  readonly payload: Uint8Array;
  /** Longest time for the call, in nanoseconds; 0 if there is no limit. */
  readonly timeoutNano: bigint;
  /** Names and values in turn, as they came. */
  readonly metadata: readonly string[];
}

/** Writes the data of a Request: service 1, method 2, payload 3, timeout_nano 4, metadata 5 (repeated: key 1, value 2). */
export function encodeTtrpcRequest(request: TtrpcRequest): Uint8Array {
  const { service, method, payload, timeoutNano, metadata } = request;
  const writer = new BinaryWriter();
  writer.tag(1, WireType.LengthDelimited).string(service);
  writer.tag(2, WireType.LengthDelimited).string(method);
  if (payload.length > 0) writer.tag(3, WireType.LengthDelimited).bytes(payload);
  if (timeoutNano !== 0n) writer.tag(4, WireType.Varint).int64(timeoutNano);
  for (let index = 0; index < metadata.length; index += 2) {
    writer.tag(5, WireType.LengthDelimited).fork();
    writer.tag(1, WireType.LengthDelimited).string(metadata[index] ?? '');
    writer.tag(2, WireType.LengthDelimited).string(metadata[index + 1] ?? '');
    writer.join();
  }
  return writer.finish();
}

/**
 * Reads the data of a Request.
 *
 * @param maxMetadataBytes - Names and values of all metadata, and 32 bytes for each.
 * @throws GrpcStatusError INVALID_ARGUMENT for what is none; RESOURCE_EXHAUSTED for too much metadata.
 */
export function decodeTtrpcRequest(bytes: Uint8Array, maxMetadataBytes: number): TtrpcRequest {
  const metadata: string[] = [];
  let [service, method, payload, timeoutNano, metadataBytes] = ['', '', NOTHING, 0n, 0];
  eachField(bytes, 'request', (reader, field, type) => {
    const isBytes = type === WireType.LengthDelimited;
    if (field === 1 && isBytes) service = reader.string();
    else if (field === 2 && isBytes) method = reader.string();
    else if (field === 3 && isBytes) payload = reader.bytes();
    else if (field === 4 && type === WireType.Varint) timeoutNano = BigInt(reader.int64());
    else if (field === 5 && isBytes) {
      const pair = reader.bytes();
      metadataBytes += pair.length + FIELD_OVERHEAD_BYTES;
      if (metadataBytes > maxMetadataBytes) {
        const message = `the metadata is longer than maxMetadataBytes of ${maxMetadataBytes} bytes`;
        throw new GrpcStatusError(GrpcStatus.RESOURCE_EXHAUSTED, message);
      }
      metadata.push(...keyAndValue(pair));
    } else return false;
    return true;
  });
  return { service, method, payload, timeoutNano, metadata };
}

/** What a frame of type Response says. */
export interface TtrpcResponse {
  /** Why the call failed; `undefined` if it did not. */
  readonly failure: GrpcStatusError | undefined;
  /** The message; empty if there is none. */
  readonly payload: Uint8Array;
}

/** Writes the data of a Response: status 1 (`google.rpc.Status`, always there), payload 2. */
export function encodeTtrpcResponse({ failure, payload }: TtrpcResponse): Uint8Array {
  const status =
    failure === undefined ? NOTHING : encodeStatusDetails(failure.status, failure.statusMessage, failure.details);
  const writer = new BinaryWriter();
  writer.tag(1, WireType.LengthDelimited).bytes(status);
  if (payload.length > 0) writer.tag(2, WireType.LengthDelimited).bytes(payload);
  return writer.finish();
}

/** Reads the data of a Response. @throws GrpcStatusError INTERNAL for what is none. */
export function decodeTtrpcResponse(bytes: Uint8Array): TtrpcResponse {
  let failure: GrpcStatusError | undefined;
  let payload = NOTHING;
  eachField(bytes, 'response', (reader, field, type) => {
    if (type !== WireType.LengthDelimited || field > 2) return false;
    if (field === 1) failure = failureOf(reader.bytes());
    else payload = reader.bytes();
    return true;
  });
  return { failure, payload };
}

function failureOf(bytes: Uint8Array): GrpcStatusError | undefined {
  let [status, message] = [0, ''];
  eachField(bytes, 'response', (reader, field, type) => {
    if (field === 1 && type === WireType.Varint) status = reader.int32();
    else if (field === 2 && type === WireType.LengthDelimited) message = reader.string();
    else return false;
    return true;
  });
  if (status === 0) return undefined;
  const details = decodeStatusDetails(bytes) ?? [];
  return new GrpcStatusError(status > 0 ? status : GrpcStatus.UNKNOWN, message, { details });
}

function keyAndValue(bytes: Uint8Array): [string, string] {
  const pair: [string, string] = ['', ''];
  eachField(bytes, 'request', (reader, field, type) => {
    if (type !== WireType.LengthDelimited || (field !== 1 && field !== 2)) return false;
    pair[field - 1] = reader.string();
    return true;
  });
  return pair;
}

/** Reads all fields of a message; those that `read` does not take are left out. */
function eachField(
  bytes: Uint8Array,
  what: 'request' | 'response',
  read: (reader: BinaryReader, field: number, type: WireType) => boolean,
): void {
  try {
    const reader = new BinaryReader(bytes);
    while (reader.pos < reader.len) {
      const [field, type] = reader.tag();
      if (!read(reader, field, type)) reader.skip(type, field);
    }
  } catch (cause) {
    if (cause instanceof GrpcStatusError) throw cause;
    const status = what === 'request' ? GrpcStatus.INVALID_ARGUMENT : GrpcStatus.INTERNAL;
    throw new GrpcStatusError(status, `the ${what} of ttRPC can not be read`, { cause });
  }
}

const FIELD_OVERHEAD_BYTES = 32;
const NOTHING: Uint8Array = new Uint8Array(0);
