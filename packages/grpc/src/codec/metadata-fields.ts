import type { HttpHeaders } from '@lamella/http';
import { headersOfValidFields } from '@lamella/http';
import { GrpcStatusError } from '../errors.ts';
import { GrpcMetadata, isBinaryName, isReservedName } from '../messages/grpc-metadata.ts';
import { decodeBase64, encodeBase64 } from './base64.ts';
import { GrpcStatus } from './grpc-status.ts';

/** Makes headers of fields that are valid, names and values in turn, and of metadata behind them. */
export function headersOf(fields: string[], metadata: GrpcMetadata): HttpHeaders {
  if (metadata.size > 0) {
    for (const [name, value] of metadata)
      fields.push(name, typeof value === 'string' ? value.trim() : encodeBase64(value));
  }
  return headersOfValidFields(fields);
}

/**
 * Takes the metadata out of received fields.
 *
 * @remarks
 * Fields that belong to gRPC or HTTP are left out, but for `grpc-status-details-bin`. So is what no metadata can be: a name or a value of
 * other characters, and bytes that are no Base64. Several binary values in one field are taken apart at their commas.
 *
 * @param maxMetadataBytes - Names and values of all fields, and 32 bytes for each, as HTTP/2 counts them.
 * @throws GrpcStatusError RESOURCE_EXHAUSTED if there is more.
 */
export function metadataOf(headers: HttpHeaders, maxMetadataBytes: number): GrpcMetadata {
  const metadata = new GrpcMetadata();
  const { flat } = headers;
  let byteCount = 0;
  for (let index = 0; index < flat.length; index += 2) {
    const name = flat[index] as string; // names and values come in pairs
    const value = flat[index + 1] as string;
    byteCount += name.length + value.length + FIELD_OVERHEAD_BYTES;
    if (byteCount > maxMetadataBytes) throw tooMuch(maxMetadataBytes);
    const known = knownName(name);
    if (known === undefined) continue;
    if (known.isBinary) {
      const parts = value.split(',');
      // As if each had come in a field of its own: a line of commas must not weigh a hundred times what it is.
      byteCount += (parts.length - 1) * (name.length + FIELD_OVERHEAD_BYTES);
      if (byteCount > maxMetadataBytes) throw tooMuch(maxMetadataBytes);
      appendBinary(metadata, known.lower, parts);
    } else if (ASCII.test(value)) metadata.setReceived(known.lower, value);
  }
  return metadata;
}

/** What metadata a field is; `undefined` if none. Most names are the same all the time, and looking at one costs more than finding it. */
function knownName(name: string): MetadataName | undefined {
  const known = knownNames.get(name);
  if (known !== undefined || knownNames.has(name)) return known;
  const found = metadataName(name.toLowerCase());
  if (knownNames.size < MAX_KNOWN_NAMES && name.length <= MAX_KNOWN_LENGTH) knownNames.set(name, found);
  return found;
}

function metadataName(lower: string): MetadataName | undefined {
  if (isReservedName(lower) && lower !== 'grpc-status-details-bin') return undefined;
  return NAME.test(lower) ? { lower, isBinary: isBinaryName(lower) } : undefined;
}

interface MetadataName {
  readonly lower: string;
  readonly isBinary: boolean;
}

function appendBinary(metadata: GrpcMetadata, name: string, parts: readonly string[]): void {
  for (const part of parts) {
    const bytes = decodeBase64(part.trim());
    if (bytes !== undefined) metadata.setReceived(name, bytes);
  }
}

function tooMuch(maximum: number): GrpcStatusError {
  return new GrpcStatusError(
    GrpcStatus.RESOURCE_EXHAUSTED,
    `the metadata is longer than maxMetadataBytes of ${maximum} bytes`,
  );
}

const knownNames = new Map<string, MetadataName | undefined>();
const MAX_KNOWN_NAMES = 1_000;
const MAX_KNOWN_LENGTH = 100;
const FIELD_OVERHEAD_BYTES = 32;
const NAME = /^[0-9a-z_.-]+$/;
const ASCII = /^[\x20-\x7e]*$/;
