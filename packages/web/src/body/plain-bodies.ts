import type { HttpRequest } from '@lamella/http';
import { UsageError } from '@lamella/service-core';
import { requireInteger } from '../shared/option-checks.ts';
import type { BodyReader } from './body-reader.ts';
import { acceptedType, decodeStrictly, wrongType } from './body-reader.ts';

/** Options of {@link bytesBody} and {@link textBody}. */
export interface PlainBodyOptions {
  /** Longest content, in bytes, at least 0. Default 1_048_576 (1 MiB). */
  readonly maxBytes?: number;
  /** Types that are taken, such as `'image/png'` or `'image/*'`. Default: any for bytes, none needed; `text/*` for text. */
  readonly types?: readonly string[];
}

/**
 * Makes a reader of content as bytes.
 *
 * @throws UsageError if an option is out of its range. The reader rejects with RequestBodyError `LML_ERR_WEB_BODY_TYPE`, and with LimitError
 * (`maxBytes`), after which the rest is cancelled.
 *
 * @example
 * const readImage = bytesBody({ types: ['image/*'], maxBytes: 5_000_000 });
 */
export function bytesBody(options: PlainBodyOptions = {}): BodyReader<Uint8Array> {
  const { maxBytes = 1_048_576 } = options;
  const types = checkedTypes(options.types);
  requireInteger('maxBytes', maxBytes, 0, Number.MAX_SAFE_INTEGER);
  return async (request: HttpRequest) => {
    if (types !== undefined) acceptedType(request, types);
    return request.body.bytes({ maxBytes });
  };
}

/**
 * Makes a reader of content as text.
 *
 * @remarks
 * Text is UTF-8 unless its type says `us-ascii`, `iso-8859-1`, `windows-1252` or `utf-16le`; no other charset is taken. A byte order mark in front
 * is left out. Bytes that the charset has no meaning for are an error, not U+FFFD.
 *
 * @throws UsageError if an option is out of its range. The reader rejects with RequestBodyError `LML_ERR_WEB_BODY_TYPE` or
 * `LML_ERR_WEB_BODY_SYNTAX`, and with LimitError (`maxBytes`), after which the rest is cancelled.
 *
 * @example
 * const readNote = textBody({ types: ['text/plain', 'text/markdown'], maxBytes: 10_000 });
 */
export function textBody(options: PlainBodyOptions = {}): BodyReader<string> {
  const { maxBytes = 1_048_576 } = options;
  const types = checkedTypes(options.types) ?? ['text/*'];
  requireInteger('maxBytes', maxBytes, 0, Number.MAX_SAFE_INTEGER);
  return async (request: HttpRequest) => {
    const { parameters } = acceptedType(request, types);
    const charset = parameters.get('charset')?.toLowerCase() ?? 'utf-8';
    if (!CHARSETS.has(charset)) throw wrongType(`the charset must be one of ${[...CHARSETS].join(', ')}`);
    const bytes = await request.body.bytes({ maxBytes });
    // ASCII is the part of UTF-8 that the type promises to keep to; more is no harm.
    return decodeStrictly(bytes, charset === 'us-ascii' ? 'utf-8' : charset);
  };
}

/** @throws UsageError for what is no type or pattern of types. */
export function checkedTypes(types: readonly string[] | undefined): readonly string[] | undefined {
  if (types === undefined) return undefined;
  if (!Array.isArray(types) || types.length === 0) throw new UsageError('types must be a list of media types');
  for (const type of types) {
    if (typeof type === 'string' && TYPE.test(type)) continue;
    throw new UsageError(`types must hold media types in lower case, got ${JSON.stringify(type)}`);
  }
  return types;
}

const TYPE = /^[a-z0-9!#$&^_.+-]+\/(?:\*|(?:\*\+)?[a-z0-9!#$&^_.+-]+)$/;
const CHARSETS: ReadonlySet<string> = new Set(['utf-8', 'us-ascii', 'iso-8859-1', 'windows-1252', 'utf-16le']);
