import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import { HttpBody } from '@lamella/http';
import type { TrackedResource } from '@lamella/net-core';
import { trackResource } from '@lamella/net-core';

/**
 * The content of a file as a body: one chunk is read at a time, and the file is closed at the end, at a failure, or by `cancel`.
 *
 * @returns `undefined` if the file is gone, or has another length.
 */
export async function fileBody(path: string, byteCount: number): Promise<HttpBody | undefined> {
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined; // what open rejects with has a code
    throw error;
  }
  const { size } = await file.stat();
  if (size !== byteCount || size === 0) {
    await file.close();
    return size === byteCount ? HttpBody.empty : undefined;
  }
  return HttpBody.fromSource(new FileSource(file, path, byteCount), { size: byteCount });
}

class FileSource {
  readonly #file: FileHandle;
  readonly #entry: TrackedResource;
  #remaining: number;
  #isReading = false;
  #isCancelled = false;
  #isClosed = false;

  constructor(file: FileHandle, path: string, byteCount: number) {
    this.#file = file;
    this.#remaining = byteCount;
    this.#entry = trackResource('cache-file', () => path);
  }

  async read(): Promise<Uint8Array | undefined> {
    if (this.#remaining === 0) return undefined;
    const chunk = Buffer.allocUnsafeSlow(Math.min(this.#remaining, CHUNK_BYTES));
    this.#isReading = true;
    try {
      const { bytesRead } = await this.#file.read(chunk, 0, chunk.length, null);
      if (bytesRead === 0) throw new Error(`a stored body ended ${this.#remaining} bytes too soon`);
      this.#remaining -= bytesRead;
      if (this.#remaining === 0) await this.#close();
      return chunk.subarray(0, bytesRead);
    } catch (error) {
      await this.#close();
      throw error;
    } finally {
      this.#isReading = false;
      if (this.#isCancelled) await this.#close();
    }
  }

  cancel(): void {
    this.#isCancelled = true;
    if (!this.#isReading) void this.#close();
  }

  async #close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#entry.release();
    await this.#file.close().catch(() => undefined); // nothing is lost by a file that was only read
  }
}

const CHUNK_BYTES = 64 * 1024;
