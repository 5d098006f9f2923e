import {
  constants,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createInflateRaw,
  createZstdDecompress,
} from 'node:zlib';
import { LimitError } from '@lamella/service-core';
import { HttpBodyError } from '../../errors.ts';
import { HttpBody } from '../../message/http-body.ts';
import type { ContentCoding } from '../compression/content-coding.ts';
import { requireInteger, requirePositive } from '../shared/option-checks.ts';
import { watchedBody } from '../shared/watched-body.ts';
import type { ZlibJob, ZlibStream } from '../shared/zlib-source.ts';
import { ZlibSource } from '../shared/zlib-source.ts';
import { ZstdFrameError } from './zstd-frame-tracker.ts';
import { ZstdFrames } from './zstd-frames.ts';

/** How much may come out of coded content. */
export interface DecompressionLimitsOptions {
  /** Longest decoded content, in bytes, greater than 0. Default 1_073_741_824 (1 GiB); nothing of it is collected. */
  readonly maxBytes?: number;
  /**
   * Most bytes that come out for each one that came in, greater than 0; looked at behind the first MiB that comes out. Default 250.
   */
  readonly maxRatio?: number;
  /**
   * Most bytes that come in one after the other while nothing comes out, greater than 0; looked at when more comes. Default 8_388_608
   * (8 MiB).
   */
  readonly maxSilentBytes?: number;
  /** Most frames that zstd content may consist of, an integer of at least 1; those to be skipped do not count. Default 16_384. */
  readonly maxFrames?: number;
}

/** {@link DecompressionLimitsOptions} with all defaults. */
export type DecompressionLimits = Required<DecompressionLimitsOptions>;

/** Fills in defaults. @throws UsageError if a limit is out of its range. */
export function fullDecompressionLimits(options: DecompressionLimitsOptions): DecompressionLimits {
  const { maxBytes = 1_073_741_824, maxRatio = 250, maxSilentBytes = 8_388_608, maxFrames = 16_384 } = options;
  requirePositive('maxBytes', maxBytes);
  requirePositive('maxRatio', maxRatio);
  requirePositive('maxSilentBytes', maxSilentBytes);
  if (maxFrames !== Number.POSITIVE_INFINITY) requireInteger('maxFrames', maxFrames, 1, Number.MAX_SAFE_INTEGER);
  return { maxBytes, maxRatio, maxSilentBytes, maxFrames };
}

/**
 * Makes the content that was coded with one coding after the other.
 *
 * @remarks
 * Limits hold for what comes out of every coding, measured against what came in at all: a bomb within a bomb is one bomb. Input that
 * ends early, is corrupt, or goes on behind its end fails the body. Empty content is empty, whatever its coding.
 *
 * @param codings - In the order in which they were applied.
 */
export function decodedBody(
  body: HttpBody,
  codings: readonly ContentCoding[],
  { maxBytes, maxRatio, maxSilentBytes, maxFrames }: DecompressionLimits,
): HttpBody {
  let received = 0;
  let silent = 0;
  const coded = watchedBody(body, {
    onChunk: (chunk) => {
      // Not before the next one comes: what one chunk brings comes out bit by bit.
      if (silent > maxSilentBytes) throw limitError('maxSilentBytes', maxSilentBytes, silent);
      silent += chunk.length;
      received += chunk.length;
    },
  });
  const onFrame = (count: number): void => {
    if (count > maxFrames) throw limitError('maxFrames', maxFrames, count);
  };
  return codings.toReversed().reduce((inner, coding, index) => {
    let produced = 0;
    const onOutput = (byteCount: number): void => {
      if (index === codings.length - 1) silent = 0;
      produced += byteCount;
      if (produced > maxBytes) throw limitError('maxBytes', maxBytes, produced);
      const ratio = produced / received;
      if (produced > RATIO_FREE_BYTES && ratio > maxRatio) throw limitError('maxRatio', maxRatio, Math.round(ratio));
    };
    return HttpBody.fromSource(new ZlibSource(inner, { ...decoder(coding, onFrame), onOutput }));
  }, coded);
}

function decoder(coding: ContentCoding, onFrame: (count: number) => void): ZlibJob {
  const zstd = coding === 'zstd' ? new ZstdFrames(onFrame) : undefined;
  return {
    name: `decompression of ${coding}`,
    open: (first) => (first === undefined ? undefined : openDecoder(coding, first)),
    ...(zstd === undefined ? {} : { onInput: (chunk) => zstdPieces(zstd, chunk) }),
    toError: (error) => codingError(coding, error),
    onEnd(putIn, used) {
      if (zstd?.isIncomplete === true) throw incomplete(coding);
      if (used < putIn) throw bytesAfter(coding);
    },
  };
}

function openDecoder(coding: ContentCoding, first: Uint8Array): ZlibStream {
  switch (coding) {
    case 'gzip':
      return createGunzip();
    case 'br':
      return createBrotliDecompress();
    case 'zstd':
      // RFC 9659: windows of HTTP are at most 8 MiB; a frame may ask for gigabytes.
      return createZstdDecompress({ params: { [constants.ZSTD_d_windowLogMax]: 23 } });
    case 'deflate':
      // RFC 9110 section 8.4.1.2: some senders leave the zlib format out. The method is 8 where it is not.
      return ((first[0] ?? 0) & 0x0f) === 8 ? createInflate() : createInflateRaw();
  }
}

function* zstdPieces(frames: ZstdFrames, chunk: Uint8Array): Generator<Uint8Array> {
  try {
    yield* frames.pieces(chunk);
  } catch (cause) {
    throw cause instanceof ZstdFrameError ? codingError('zstd', cause) : cause;
  }
}

function codingError(coding: ContentCoding, cause: unknown): HttpBodyError {
  const isEnd = cause instanceof Error && 'code' in cause && cause.code === 'Z_BUF_ERROR';
  if (isEnd) return incomplete(coding, cause);
  const message = `the content is no valid ${coding}: ${cause instanceof Error ? cause.message : String(cause)}`;
  return new HttpBodyError('LML_ERR_HTTP_BODY_BAD_CODING', message, { cause, facts: FACTS });
}

function incomplete(coding: ContentCoding, cause?: unknown): HttpBodyError {
  const message = `the content ends within its ${coding}`;
  return new HttpBodyError('LML_ERR_HTTP_BODY_CODING_INCOMPLETE', message, { cause, facts: FACTS });
}

function bytesAfter(coding: ContentCoding): HttpBodyError {
  const message = `the content goes on behind the end of its ${coding}`;
  return new HttpBodyError('LML_ERR_HTTP_BODY_BYTES_AFTER_CODING', message, { facts: FACTS });
}

function limitError(limit: keyof DecompressionLimits, maximum: number, observed: number): LimitError {
  return new LimitError({ limit, maximum, observed, facts: FACTS });
}

const FACTS = { layer: 'decompression', phase: 'body' } as const;
/** Short content may be very regular, and does no harm. */
const RATIO_FREE_BYTES = 1_048_576;
