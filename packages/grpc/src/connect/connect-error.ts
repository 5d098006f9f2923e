import { create } from '@bufbuild/protobuf';
import type { Any } from '@bufbuild/protobuf/wkt';
import { AnySchema } from '@bufbuild/protobuf/wkt';
import { decodeBase64, encodeBase64 } from '../codec/base64.ts';
import { GrpcStatusError } from '../errors.ts';
import { connectCodeOf, statusOfConnectCode } from './connect-codes.ts';

/** An error as Connect writes it. connectrpc.com/docs/protocol, "Error" . */
export interface ConnectErrorJson {
  readonly code: string;
  readonly message?: string;
  readonly details?: readonly { readonly type: string; readonly value: string }[];
}

/** Makes JSON of a status. */
export function connectErrorJson(error: GrpcStatusError): ConnectErrorJson {
  const { statusMessage, details } = error;
  return {
    code: connectCodeOf(error.status),
    ...(statusMessage === '' ? {} : { message: statusMessage }),
    ...(details.length === 0 ? {} : { details: details.map(detailJson) }),
  };
}

/**
 * Reads what a server says of an error.
 *
 * @param fallback - Status where there is no code that is known. Details that can not be read are left out.
 */
export function errorOfConnectJson(value: unknown, fallback: number): GrpcStatusError {
  // Of any object any member may be asked; each is looked at before it is used.
  const { code, message, details } = (typeof value === 'object' && value !== null ? value : {}) as {
    readonly [Name in 'code' | 'message' | 'details']?: unknown;
  };
  const found = Array.isArray(details) ? details.map(detailOf).filter((detail) => detail !== undefined) : [];
  const text = typeof message === 'string' ? message : '';
  return new GrpcStatusError(statusOfConnectCode(code) ?? fallback, text, { details: found });
}

function detailJson({ typeUrl, value }: Any): { readonly type: string; readonly value: string } {
  return { type: typeUrl.slice(typeUrl.lastIndexOf('/') + 1), value: encodeBase64(value) };
}

function detailOf(detail: unknown): Any | undefined {
  const { type, value } = (typeof detail === 'object' && detail !== null ? detail : {}) as {
    readonly [Name in 'type' | 'value']?: unknown; // as above
  };
  if (typeof type !== 'string' || typeof value !== 'string') return undefined;
  const bytes = decodeBase64(value);
  return bytes && create(AnySchema, { typeUrl: `type.googleapis.com/${type}`, value: bytes });
}
