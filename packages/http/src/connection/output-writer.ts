import type { ByteStream } from '@lamella/net-core';
import { writeLatin1 } from '../codec/bytes.ts';
import type { OutputPart } from '../protocol/http1-outbound.ts';

/**
 * Writes the output of a protocol to a stream with as few writes and copies as can be.
 *
 * @remarks
 * Text alone, such as a head, goes to a kernel socket as it is. Other small output is put together in one buffer that all
 * connections of the process share, and lent to the stream: a kernel socket has sent it when the write returns. Large pieces go
 * as they are, in one vectored write with what is around them.
 */
export class OutputWriter {
  readonly #stream: ByteStream;

  constructor(stream: ByteStream) {
    this.#stream = stream;
  }

  /** @returns What {@link ByteStream.write} returns: a promise if the peer should be waited for. */
  write(parts: readonly OutputPart[]): Promise<void> | undefined {
    const [first] = parts;
    const isText = typeof first === 'string' && parts.length === 1;
    if (isText && this.#stream.writeLatin1 !== undefined) return this.#stream.writeLatin1(first);

    let length = 0;
    for (const part of parts) length += part.length;
    if (length > MAX_TOGETHER_BYTES) return this.#stream.write(piecesOf(parts));
    if (this.#stream.writeLent === undefined) return this.#stream.write([joined(parts, Buffer.allocUnsafe(length))]);

    if (this.#stream.writeLent(joined(parts, shared).subarray(0, length))) return undefined;
    shared = Buffer.allocUnsafeSlow(MAX_TOGETHER_BYTES); // the stream has kept the other one
    return this.#stream.write(NOTHING);
  }
}

/** Puts parts into `buffer`, which has room for them. */
function joined(parts: readonly OutputPart[], buffer: Buffer): Buffer {
  let at = 0;
  for (const part of parts) {
    if (typeof part === 'string') at += writeLatin1(buffer, part, at);
    else {
      buffer.set(part, at);
      at += part.length;
    }
  }
  return buffer;
}

/** Parts as chunks: what is small is put together, what is large goes as it is. */
function piecesOf(parts: readonly OutputPart[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let small: OutputPart[] = [];
  let smallLength = 0;
  const flush = (): void => {
    if (smallLength > 0) pieces.push(joined(small, Buffer.allocUnsafe(smallLength)));
    small = [];
    smallLength = 0;
  };
  for (const part of parts) {
    if (part.length > MAX_COPIED_BYTES && typeof part !== 'string') {
      flush();
      pieces.push(part);
    } else {
      small.push(part);
      smallLength += part.length;
    }
  }
  flush();
  return pieces;
}

const MAX_TOGETHER_BYTES = 16 * 1024;
const MAX_COPIED_BYTES = 8 * 1024;
const NOTHING: readonly Uint8Array[] = [];
let shared = Buffer.allocUnsafeSlow(MAX_TOGETHER_BYTES);
