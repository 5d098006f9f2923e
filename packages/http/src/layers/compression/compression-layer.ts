import type { Layer } from '@lamella/service-core';
import { hasListToken } from '../../message/field-syntax.ts';
import { HttpBody } from '../../message/http-body.ts';
import type { HttpHeaders } from '../../message/http-headers.ts';
import type { HttpRequest } from '../../message/http-request.ts';
import { HttpResponse } from '../../message/http-response.ts';
import { isBodyless } from '../../message/status.ts';
import { addVary } from '../shared/add-vary.ts';
import { callChanged, callInner } from '../shared/call-inner.ts';
import { requireFunction, requireInteger } from '../shared/option-checks.ts';
import { ZlibSource } from '../shared/zlib-source.ts';
import type { CompressionLevelsOptions, ContentCoding, ContentEncoder } from './content-coding.ts';
import { ALL_CODINGS, contentEncoders, requireCodings } from './content-coding.ts';
import type { CodingChoice } from './negotiate-coding.ts';
import { negotiateCoding } from './negotiate-coding.ts';

/** Options of {@link compressionLayer}. */
export interface CompressionLayerOptions {
  /** Codings that are offered, best first, each once. Default `['zstd', 'br', 'gzip', 'deflate']`. */
  readonly codings?: readonly ContentCoding[];
  /** How hard each coding tries. See {@link CompressionLevelsOptions} for each default. */
  readonly levels?: CompressionLevelsOptions;
  /** Shortest content that is worth it, in bytes, where its length is known, at least 0. Default 1_024. */
  readonly minBytes?: number;
  /**
   * Whether content of a type is worth it. Called with the value of Content-Type, or `''`. Default: {@link isCompressibleType}.
   */
  readonly isCompressible?: (contentType: string, response: HttpResponse) => boolean;
  /** Whether every chunk must come out at once, rather than when there is enough. Default: for `text/event-stream`, and messages of gRPC and Connect. */
  readonly flushEachChunk?: (response: HttpResponse) => boolean;
}

/**
 * Compresses the content of responses as Accept-Encoding asks for. RFC 9110 section 12.5.3.
 *
 * @remarks
 * A response stays as it is if it has a Content-Encoding or a Content-Range, is a 204, 206 or 304, is empty, too short or of another type, or
 * says `no-transform`, or the request does. Otherwise it gets `Vary: Accept-Encoding`, coded or not; and coded, a weak ETag, and
 * no Content-Length, Accept-Ranges or digest, which spoke of other bytes. A response to HEAD gets the fields that GET would get.
 *
 * A client that forbids both `identity` and all that is offered is answered with 406, before the inner service is called: nothing has
 * happened. A client that only forbids `identity` gets short content and content of other types coded as well.
 *
 * Content at hand of up to 32 KiB is coded in one go, and stays as it is if that does not make it shorter. All else is streamed: nothing is
 * read ahead, and no more than one chunk is held beside the window of the coder. Compression tells the length of what it compresses:
 * keep secrets and what strangers can choose out of one response, or say `no-transform`.
 *
 * @throws UsageError if an option is out of its range.
 *
 * @example
 * const service = stack(compressionLayer({ minBytes: 256 }), serviceFn((request: HttpRequest) => HttpResponse.text(request.path.repeat(1_000))));
 */
export function compressionLayer(options: CompressionLayerOptions = {}): Layer<HttpRequest, HttpResponse> {
  const { minBytes = 1_024, isCompressible = isCompressibleType, flushEachChunk = isWaitedFor } = options;
  const codings = requireCodings(options.codings ?? ALL_CODINGS);
  const encoders = contentEncoders(options.levels);
  requireInteger('minBytes', minBytes, 0, Number.MAX_SAFE_INTEGER);
  requireFunction('isCompressible', isCompressible);
  requireFunction('flushEachChunk', flushEachChunk);
  const choose = memoized((accept) => negotiateCoding(accept, codings));

  const answer = (request: HttpRequest, response: HttpResponse, choice: CodingChoice): HttpResponse => {
    const { coding, isIdentityForbidden } = choice;
    if (response.status === 304) return notModified(response, coding !== 'identity');
    const size = contentSize(request, response);
    if (size === 0 || !canBeCoded(response)) return response;
    const { headers } = response;
    const isWorthIt =
      (size === undefined || size >= minBytes) && isCompressible(headers.get('content-type') ?? '', response);
    if (!isWorthIt && !isIdentityForbidden) return response;
    const varied = response.with({ headers });
    addVary(varied.headers, 'Accept-Encoding');
    if (coding === undefined || coding === 'identity') return varied;
    const body = codedBody(request, response, encoders[coding], flushEachChunk, isIdentityForbidden);
    if (body === undefined) return varied;
    describeCoded(varied.headers, coding);
    return varied.with({ body });
  };

  return (inner) => ({
    serve(request) {
      if (saysNoTransform(request.headers)) return callInner(inner, request);
      const choice = choose(request.headers.get('accept-encoding'));
      if (choice.coding === undefined) return Promise.resolve(notAcceptable());
      return callChanged(inner, request, (response) => answer(request, response, choice));
    },
  });
}

/**
 * Whether content of a type becomes much shorter: text, JSON, XML, scripts, fonts and pictures made of text. No messages of gRPC, gRPC-Web or
 * streams of Connect, whatever their format: they are compressed one by one where that is wanted, and must not wait for each other.
 */
export function isCompressibleType(contentType: string): boolean {
  return COMPRESSIBLE.test(contentType) && !FRAMED_MESSAGES.test(contentType);
}

/** The coded content; `undefined` if it is at hand and would not get shorter. */
function codedBody(
  request: HttpRequest,
  response: HttpResponse,
  encoder: ContentEncoder,
  flushEachChunk: (response: HttpResponse) => boolean,
  isForced: boolean,
): HttpBody | undefined {
  const { body } = response;
  const isAtHand = body.isAtHand && body.sizeOnWire !== undefined && body.sizeOnWire <= MAX_ONE_SHOT_BYTES;
  if (isAtHand && request.method !== 'HEAD') {
    const coded = encoder.encodeWhole(body.tryClone()?.takeWhole() ?? '');
    if (coded.length >= body.sizeOnWire && !isForced) return undefined;
    body.cancel();
    return HttpBody.from(coded);
  }
  const flushKind = flushEachChunk(response) ? encoder.flushKind : undefined;
  return HttpBody.fromSource(new ZlibSource(body, { name: 'compression', open: encoder.createStream, flushKind }));
}

/** Length of the content, if it is known; what GET would have, for HEAD. */
function contentSize(request: HttpRequest, { body, headers }: HttpResponse): number | undefined {
  if (request.method !== 'HEAD' || (body.size ?? 1) > 0) return body.isEmpty ? 0 : body.size;
  const stated = headers.get('content-length');
  return stated === undefined ? 0 : Number(stated);
}

function canBeCoded(response: HttpResponse): boolean {
  const { headers, status } = response;
  if (isBodyless(status) || status === 206 || response.upgrade !== undefined || response.upgraded !== undefined)
    return false;
  const coding = headers.get('content-encoding');
  if (coding !== undefined && coding.toLowerCase() !== 'identity') return false;
  return !headers.has('content-range') && !saysNoTransform(headers);
}

function describeCoded(headers: HttpHeaders, coding: ContentCoding): void {
  headers.set('Content-Encoding', coding);
  headers.deleteWhere((name) => OF_OTHER_BYTES.has(name.toLowerCase()));
  weakenEtag(headers);
}

/** A 304 has the ETag and the Vary that the 200 would have. RFC 9110 section 15.4.5. */
function notModified(response: HttpResponse, isCoded: boolean): HttpResponse {
  if (saysNoTransform(response.headers)) return response;
  const varied = response.with({ headers: response.headers });
  addVary(varied.headers, 'Accept-Encoding');
  if (isCoded) weakenEtag(varied.headers);
  return varied;
}

/** Content of another coding is equal in meaning, not byte by byte. RFC 9110 section 8.8.3.3. */
function weakenEtag(headers: HttpHeaders): void {
  const etag = headers.get('etag');
  if (etag?.startsWith('"') === true) headers.set('ETag', `W/${etag}`);
}

function saysNoTransform(headers: HttpHeaders): boolean {
  const control = headers.get('cache-control');
  return control !== undefined && hasListToken(control, 'no-transform');
}

/** Whether somebody waits for each part of it. */
function isWaitedFor(response: HttpResponse): boolean {
  const type = response.headers.get('content-type') ?? '';
  return EVENT_STREAM.test(type) || FRAMED_MESSAGES.test(type);
}

function notAcceptable(): HttpResponse {
  return HttpResponse.text('406 Not Acceptable\n', { status: 406, headers: { Vary: 'Accept-Encoding' } });
}

/** Most requests say the same as the one before. */
function memoized(choose: (accept: string | undefined) => CodingChoice): (accept: string | undefined) => CodingChoice {
  let lastAccept: string | undefined;
  let last = choose(undefined);
  return (accept) => {
    if (accept === lastAccept) return last;
    last = choose(accept);
    lastAccept = accept;
    return last;
  };
}

/** Longer content is coded off the event loop. */
const MAX_ONE_SHOT_BYTES = 32 * 1_024;
/** Fields that are true for the bytes as they were. RFC 9530, and RFC 9110 section 14.3. */
const OF_OTHER_BYTES: ReadonlySet<string> = new Set([
  'accept-ranges',
  'content-digest',
  'content-length',
  'content-md5',
  'digest',
  'repr-digest',
]);
const EVENT_STREAM = /^text\/event-stream(?:[ \t]*;|[ \t]*$)/i;
const FRAMED_MESSAGES = /^application\/(?:grpc\b|connect\+)/i; // grpc-web, too
const COMPRESSIBLE =
  /^(?:text\/|application\/(?:json|javascript|ecmascript|xml|x-ndjson|jsonl?|wasm|graphql|manifest\+json|x-www-form-urlencoded|rtf|vnd\.ms-fontobject|x-javascript|xhtml\+xml)(?:[ \t]*;|[ \t]*$)|[a-z]+\/[^;, \t]+\+(?:json|xml|text|yaml)(?:[ \t]*;|[ \t]*$)|font\/(?:ttf|otf|collection)|image\/(?:bmp|x-icon|vnd\.microsoft\.icon|svg\+xml))/i;
