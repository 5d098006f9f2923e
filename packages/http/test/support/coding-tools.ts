import {
  brotliCompressSync,
  brotliDecompressSync,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createZstdDecompress,
  deflateRawSync,
  deflateSync,
  gunzipSync,
  gzipSync,
  inflateSync,
  zstdCompressSync,
  zstdDecompressSync,
} from 'node:zlib';
import type { ContentCoding } from '../../src/layers/compression/content-coding.ts';
import { HttpBody } from '../../src/message/http-body.ts';

/** Codes content with one of the codings; `deflate-raw` is deflate as some senders think it is. */
export const encode: Readonly<Record<ContentCoding | 'deflate-raw', (content: Uint8Array) => Buffer>> = {
  br: (content) => brotliCompressSync(content),
  deflate: (content) => deflateSync(content),
  'deflate-raw': (content) => deflateRawSync(content),
  gzip: (content) => gzipSync(content),
  zstd: (content) => zstdCompressSync(content),
};

/** Decodes content of one of the codings. */
export const decode: Readonly<Record<ContentCoding, (content: Uint8Array) => Buffer>> = {
  br: (content) => brotliDecompressSync(content),
  deflate: (content) => inflateSync(content),
  gzip: (content) => gunzipSync(content),
  zstd: (content) => zstdDecompressSync(content),
};

/** A body that gives the chunks one by one, and says what became of it. */
export function bodyOf(
  chunks: Iterable<Uint8Array>,
  options: { readonly size?: number } = {},
): { readonly body: HttpBody; readonly seen: { reads: number; cancelledWith: unknown } } {
  const seen = { reads: 0, cancelledWith: undefined as unknown };
  const iterator = chunks[Symbol.iterator]();
  const body = HttpBody.fromSource(
    {
      async read() {
        seen.reads++;
        const { value, done } = iterator.next();
        return done === true ? undefined : value;
      },
      cancel(reason) {
        seen.cancelledWith = reason;
      },
    },
    options,
  );
  return { body, seen };
}

/** Content that does not repeat itself: nothing makes it shorter. */
export function noise(byteCount: number): Uint8Array {
  const bytes = new Uint8Array(byteCount);
  let state = 1;
  for (let index = 0; index < byteCount; index++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[index] = state >>> 24;
  }
  return bytes;
}

/** A decoder that tells what has come out so far. */
export function openDecoder(coding: ContentCoding): {
  readonly write: (chunk: Uint8Array) => Promise<void>;
  readonly text: () => string;
} {
  const stream = DECODERS[coding]();
  let text = '';
  stream.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  return { write: (chunk) => new Promise((resolve) => stream.write(chunk, () => resolve())), text: () => text };
}

const DECODERS = {
  br: createBrotliDecompress,
  deflate: createInflate,
  gzip: createGunzip,
  zstd: createZstdDecompress,
} as const;
