import type { HttpRequest } from '@lamella/http';
import { isToken } from '@lamella/http';
import { decodeBase64 } from '../codec/base64.ts';
import { invalid } from './connect-request.ts';

/** A message that came in a query. */
export interface QueryMessage {
  readonly bytes: Uint8Array;
  /** How it is compressed; `undefined` if it is not. */
  readonly encoding: string | undefined;
}

/**
 * Reads the message of a GET. connectrpc.com/docs/protocol, "Unary-Get-Request".
 *
 * @throws GrpcStatusError INVALID_ARGUMENT if it is malformed.
 */
export function queryMessageOf(request: HttpRequest): QueryMessage {
  const parameters = new Map<string, Uint8Array>();
  for (const pair of (request.query ?? '').split('&')) {
    const [name = '', ...value] = pair.split('=');
    const key = Buffer.from(percentDecoded(name)).toString('utf8');
    if (parameters.has(key)) throw invalid(`the query has ${JSON.stringify(key.slice(0, MAX_SHOWN))} twice`);
    parameters.set(key, percentDecoded(value.join('=')));
  }
  const text = (key: string): string | undefined => {
    const bytes = parameters.get(key);
    return bytes && Buffer.from(bytes).toString('utf8');
  };
  if ((text('connect') ?? 'v1') !== 'v1') throw invalid('connect must be v1');
  const isBase64 = text('base64') === '1';
  const raw = isBase64 ? decodeUrlBase64(text('message') ?? '') : parameters.get('message');
  if (raw === undefined) throw invalid('the message is no Base64');
  const encoding = text('compression');
  // It becomes a field: what can be none is no encoding either.
  if (encoding !== undefined && !isToken(encoding)) throw invalid('the compression has no such name');
  return { bytes: raw, encoding };
}

/** Bytes as they may stand in a query. */
export function encodeUrlBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64url');
}

function decodeUrlBase64(value: string): Uint8Array | undefined {
  return decodeBase64(value.replaceAll('-', '+').replaceAll('_', '/'));
}

/** Not by `decodeURIComponent`: messages need not be UTF-8. */
function percentDecoded(value: string): Uint8Array {
  if (!value.includes('%') && !value.includes('+')) return Buffer.from(value, 'latin1');
  const text = value.replaceAll('+', ' ');
  if (MALFORMED.test(text)) throw invalid('the query is malformed');
  const decoded = text.replaceAll(PAIR, (pair) => String.fromCharCode(Number.parseInt(pair.slice(1), 16)));
  return Buffer.from(decoded, 'latin1');
}

const MAX_SHOWN = 50;
const MALFORMED = /%(?![0-9a-fA-F]{2})/;
const PAIR = /%[0-9a-fA-F]{2}/g;
