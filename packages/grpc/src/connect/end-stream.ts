import { isFieldValue, isToken } from '@lamella/http';
import { encodeEndFrame } from '../codec/end-frame-scanner.ts';
import { GrpcStatus } from '../codec/grpc-status.ts';
import { GrpcStatusError } from '../errors.ts';
import type { CallEnd } from './call-end.ts';
import { connectErrorJson, errorOfConnectJson } from './connect-error.ts';

/** Flag of the frame that ends a stream. */
export const CONNECT_END_FLAG = 0x02;

/** Makes the frame that ends a stream. connectrpc.com/docs/protocol, "EndStreamResponse". */
export function encodeEndStream({ failure, fields }: CallEnd): Uint8Array {
  const metadata: Record<string, string[]> = Object.create(null);
  for (let index = 0; index < fields.length; index += 2) {
    const name = fields[index] as string; // names and values come in pairs
    metadata[name] ??= [];
    metadata[name].push(fields[index + 1] as string);
  }
  const content = {
    ...(failure === undefined ? {} : { error: connectErrorJson(failure) }),
    ...(fields.length === 0 ? {} : { metadata }),
  };
  return encodeEndFrame(Buffer.from(JSON.stringify(content), 'utf8'), CONNECT_END_FLAG);
}

/** Reads the end of a stream. What is no metadata is left out. @throws GrpcStatusError INTERNAL if it is no such JSON. */
export function parseEndStream(bytes: Uint8Array): CallEnd {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new GrpcStatusError(GrpcStatus.INTERNAL, 'the end of the stream can not be read', { cause });
  }
  if (typeof value !== 'object' || value === null) {
    throw new GrpcStatusError(GrpcStatus.INTERNAL, 'the end of the stream is no object');
  }
  const { error, metadata } = value as { readonly error?: unknown; readonly metadata?: unknown }; // an object may have both
  const failure = error === undefined || error === null ? undefined : errorOfConnectJson(error, GrpcStatus.UNKNOWN);
  return { failure, fields: fieldsOf(metadata) };
}

function fieldsOf(metadata: unknown): string[] {
  const fields: string[] = [];
  if (typeof metadata !== 'object' || metadata === null) return fields;
  for (const [name, values] of Object.entries(metadata)) {
    if (!isToken(name) || name.toLowerCase().startsWith('grpc-') || !Array.isArray(values)) continue;
    for (const value of values) {
      if (typeof value === 'string' && isFieldValue(value)) fields.push(name.toLowerCase(), value);
    }
  }
  return fields;
}
