import type { ByteStream } from '../bytes/byte-stream.ts';

/** The bytes of a text, as UTF-8. */
export function utf8(value: string): Uint8Array {
  return Buffer.from(value, 'utf8');
}

/** Bytes as a text, one character a byte. */
export function text(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}

/** `length` bytes that do not repeat soon. */
export function patternBytes(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let index = 0; index < length; index++) bytes[index] = (index * 31 + (index >> 8) * 7) & 0xff;
  return bytes;
}

/** Reads up to the end of the inbound direction. */
export async function readAll(stream: ByteStream): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for (let chunk = await stream.read(); chunk !== undefined; chunk = await stream.read()) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Reads exactly `length` bytes. @throws An error when the stream ends before. */
export async function readExactly(stream: ByteStream, length: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for (let left = length; left > 0; ) {
    const chunk = await stream.read({ maxBytes: left });
    if (chunk === undefined) throw new Error(`the stream ended ${left} bytes short of ${length}`);
    chunks.push(chunk);
    left -= chunk.length;
  }
  return Buffer.concat(chunks);
}

/** Reads `length` bytes and keeps only their checksum. */
export async function collectBytes(stream: ByteStream, length: number): Promise<{ length: number; checksum: number }> {
  let read = 0;
  let checksum = 0;
  while (read < length) {
    const chunk = await stream.read();
    if (chunk === undefined) break;
    for (const byte of chunk) checksum = (checksum * 31 + byte) >>> 0;
    read += chunk.length;
  }
  return { length: read, checksum };
}
