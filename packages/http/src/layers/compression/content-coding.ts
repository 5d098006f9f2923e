import type { BrotliOptions, ZlibOptions, ZstdOptions } from 'node:zlib';
import {
  brotliCompressSync,
  constants,
  createBrotliCompress,
  createDeflate,
  createGzip,
  createZstdCompress,
  deflateSync,
  gzipSync,
  zstdCompressSync,
} from 'node:zlib';
import { UsageError } from '@lamella/service-core';
import { requireInteger } from '../shared/option-checks.ts';
import type { ZlibStream } from '../shared/zlib-source.ts';

/** A content coding that can be made and read. RFC 9110 section 8.4.1, RFC 7932, RFC 8878. */
export type ContentCoding = 'br' | 'deflate' | 'gzip' | 'zstd';

/** How hard each coding tries; more is smaller and slower. */
export interface CompressionLevelsOptions {
  /** 0 to 11. Default 4. */
  readonly br?: number;
  /** 1 to 9. Default 6. */
  readonly deflate?: number;
  /** 1 to 9. Default 6. */
  readonly gzip?: number;
  /** 1 to 19. Default 3. */
  readonly zstd?: number;
}

/** Makes one coding, with its level set. */
export interface ContentEncoder {
  /** Codes a whole content at once. */
  readonly encodeWhole: (content: Uint8Array | string) => Uint8Array;
  /** Opens a stream that codes. */
  readonly createStream: () => ZlibStream;
  /** What makes the stream give out all that it has taken in. */
  readonly flushKind: number;
}

/** Encoders of all codings. @throws UsageError if a level is out of its range. */
export function contentEncoders(
  levels: CompressionLevelsOptions = {},
): Readonly<Record<ContentCoding, ContentEncoder>> {
  const { br = 4, deflate = 6, gzip = 6, zstd = 3 } = levels;
  requireInteger('levels.br', br, 0, 11);
  requireInteger('levels.deflate', deflate, 1, 9);
  requireInteger('levels.gzip', gzip, 1, 9);
  requireInteger('levels.zstd', zstd, 1, 19);
  // A window of 1 MiB: one of brotli's default size weighs several MiB per response.
  const brotli: BrotliOptions = {
    params: { [constants.BROTLI_PARAM_QUALITY]: br, [constants.BROTLI_PARAM_LGWIN]: 20 },
  };
  const flate: ZlibOptions = { level: deflate };
  const gzipped: ZlibOptions = { level: gzip };
  const zstandard: ZstdOptions = { params: { [constants.ZSTD_c_compressionLevel]: zstd } };
  return {
    br: {
      encodeWhole: (content) => brotliCompressSync(content, brotli),
      createStream: () => createBrotliCompress(brotli),
      flushKind: constants.BROTLI_OPERATION_FLUSH,
    },
    deflate: {
      encodeWhole: (content) => deflateSync(content, flate),
      createStream: () => createDeflate(flate),
      flushKind: constants.Z_SYNC_FLUSH,
    },
    gzip: {
      encodeWhole: (content) => gzipSync(content, gzipped),
      createStream: () => createGzip(gzipped),
      flushKind: constants.Z_SYNC_FLUSH,
    },
    zstd: {
      encodeWhole: (content) => zstdCompressSync(content, zstandard),
      createStream: () => createZstdCompress(zstandard),
      flushKind: constants.ZSTD_e_flush,
    },
  };
}

/** The option `codings`. @throws UsageError if it is no list of codings, each once, at least one. */
export function requireCodings(codings: readonly ContentCoding[]): readonly ContentCoding[] {
  const isFine =
    Array.isArray(codings) &&
    codings.length > 0 &&
    codings.every((coding, index) => ALL_CODINGS.includes(coding) && codings.indexOf(coding) === index);
  if (!isFine) throw new UsageError(`codings must be a list of ${ALL_CODINGS.join(', ')}, each at most once`);
  return [...codings];
}

/** All codings, best for answers that are made on the fly first. */
export const ALL_CODINGS: readonly ContentCoding[] = ['zstd', 'br', 'gzip', 'deflate'];
