import type { FileHandle } from 'node:fs/promises';
import type { BodySource } from '@lamella/http';
import type { TrackedResource } from '@lamella/net-core';
import { trackResource } from '@lamella/net-core';
import { StaticFileError } from '../errors.ts';

/** What of a file is sent, and what in front of it. */
export interface FilePart {
  /** Bytes in front, possibly none. */
  readonly head: Uint8Array;
  /** Position of the first byte. */
  readonly start: number;
  /** Position behind the last byte. */
  readonly end: number;
}

/**
 * Reads parts of an open file, one chunk at a time, and closes it at the end, at a failure, or when nobody wants the rest.
 *
 * @remarks
 * A file that is shorter than it was, or that was changed while it was read, breaks the body off: what was sent is no state that it ever had.
 */
export class FilePartsSource implements BodySource {
  readonly #file: FileHandle;
  readonly #version: string;
  readonly #parts: readonly FilePart[];
  readonly #tail: Uint8Array;
  readonly #entry: TrackedResource;
  #index = 0;
  #position: number | undefined;
  #isTailSent = false;
  #isReading = false;
  #isCancelled = false;
  #isClosed = false;

  /** @param version - What {@link fileVersion} says of the file as it was announced. */
  constructor(file: FileHandle, path: string, version: string, parts: readonly FilePart[], tail: Uint8Array) {
    this.#file = file;
    this.#version = version;
    this.#parts = parts;
    this.#tail = tail;
    this.#entry = trackResource('static-file', () => path);
  }

  async read(): Promise<Uint8Array | undefined> {
    this.#isReading = true;
    try {
      return await this.#next();
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

  async #next(): Promise<Uint8Array | undefined> {
    const part = this.#parts[this.#index];
    if (part === undefined) {
      await this.#close();
      if (this.#isTailSent || this.#tail.length === 0) return undefined;
      this.#isTailSent = true;
      return this.#tail;
    }
    if (this.#position === undefined) {
      this.#position = part.start;
      if (part.head.length > 0) return part.head;
    }
    const chunk = await this.#readAt(this.#position, part.end);
    this.#position += chunk.length;
    if (this.#position === part.end) {
      this.#index++;
      this.#position = undefined;
      if (this.#index === this.#parts.length) await this.#checkUnchanged();
    }
    return chunk;
  }

  async #readAt(position: number, end: number): Promise<Uint8Array> {
    const chunk = Buffer.allocUnsafeSlow(Math.min(end - position, CHUNK_BYTES));
    const { bytesRead } = await this.#file.read(chunk, 0, chunk.length, position);
    if (bytesRead === 0) {
      throw new StaticFileError(
        'LML_ERR_WEB_FILE_TRUNCATED',
        `a file ended at ${position} of ${end} bytes while it was sent`,
      );
    }
    return bytesRead === chunk.length ? chunk : chunk.subarray(0, bytesRead);
  }

  /** Before the last chunk is given: after it nobody could tell the client any more. */
  async #checkUnchanged(): Promise<void> {
    if (fileVersion(await this.#file.stat({ bigint: true })) === this.#version) return;
    throw new StaticFileError('LML_ERR_WEB_FILE_CHANGED', 'a file was changed while it was sent');
  }

  async #close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#entry.release();
    await this.#file.close().catch(() => undefined); // nothing is lost by a file that was only read
  }
}

/** Tells one state of a file from another: its inode, its size, and when it was changed, to the nanosecond. */
export function fileVersion(stats: { readonly ino: bigint; readonly size: bigint; readonly mtimeNs: bigint }): string {
  return `${stats.ino.toString(36)}-${stats.size.toString(36)}-${stats.mtimeNs.toString(36)}`;
}

const CHUNK_BYTES = 64 * 1024;
