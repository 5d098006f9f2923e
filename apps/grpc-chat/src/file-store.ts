import { createHash } from 'node:crypto';
import { GrpcStatus, GrpcStatusError } from '@lamella/grpc';

/** What is known of a file. */
export interface StoredFile {
  readonly id: string;
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** In hexadecimal digits. */
  readonly sha256: string;
}

/** A piece of a file that comes; the first one names it. */
export interface FilePiece {
  readonly name: string;
  readonly data: Uint8Array;
}

/** The last files, in memory: where there is no room for one more, the oldest go. */
export class FileStore {
  readonly #files = new Map<string, StoredFile & { readonly pieces: readonly Uint8Array[] }>();
  #storedBytes = 0;
  #lastId = 0;
  #uploads = 0;

  list(): readonly StoredFile[] {
    return [...this.#files.values()].map(({ id, name, size, sha256 }) => ({ id, name, size, sha256 }));
  }

  /** @throws GrpcStatusError if there is no such file. */
  piecesOf(id: string): readonly Uint8Array[] {
    const file = this.#files.get(id);
    if (file === undefined) throw new GrpcStatusError(GrpcStatus.NOT_FOUND, 'there is no such file');
    return file.pieces;
  }

  /** @throws GrpcStatusError if the file has no name, is too long, or too many come at once. */
  async add(pieces: AsyncIterable<FilePiece>): Promise<StoredFile> {
    if (this.#uploads >= MAX_UPLOADS) {
      throw new GrpcStatusError(GrpcStatus.RESOURCE_EXHAUSTED, `${MAX_UPLOADS} files are coming already`);
    }
    this.#uploads++;
    try {
      return this.#store(await read(pieces));
    } finally {
      this.#uploads--;
    }
  }

  #store({ name, pieces, size, sha256 }: ReadFile): StoredFile {
    const file = { id: `f${++this.#lastId}`, name, size, sha256 };
    this.#files.set(file.id, { ...file, pieces });
    this.#storedBytes += size;
    for (const oldest of this.#files.values()) {
      if (this.#storedBytes <= MAX_STORED_BYTES && this.#files.size <= MAX_FILES) break;
      this.#files.delete(oldest.id);
      this.#storedBytes -= oldest.size;
    }
    return file;
  }
}

interface ReadFile {
  readonly name: string;
  readonly pieces: readonly Uint8Array[];
  readonly size: number;
  readonly sha256: string;
}

async function read(incoming: AsyncIterable<FilePiece>): Promise<ReadFile> {
  const hash = createHash('sha256');
  const pieces: Uint8Array[] = [];
  let name: string | undefined;
  let size = 0;
  for await (const piece of incoming) {
    name ??= checkedName(piece.name);
    size += piece.data.length;
    if (size > MAX_FILE_BYTES) {
      throw new GrpcStatusError(GrpcStatus.RESOURCE_EXHAUSTED, `a file has up to ${MAX_FILE_BYTES} bytes`);
    }
    if (piece.data.length === 0) continue;
    hash.update(piece.data);
    pieces.push(piece.data);
  }
  if (name === undefined) throw new GrpcStatusError(GrpcStatus.INVALID_ARGUMENT, 'nothing was sent');
  return { name, pieces, size, sha256: hash.digest('hex') };
}

function checkedName(name: string): string {
  if (FILE_NAME.test(name)) return name;
  throw new GrpcStatusError(GrpcStatus.INVALID_ARGUMENT, 'a name has 1 to 100 characters, without slashes');
}

/** Longest file, in bytes. */
export const MAX_FILE_BYTES: number = 8 * 1024 * 1024;
/** All files together, in bytes. */
export const MAX_STORED_BYTES: number = 64 * 1024 * 1024;
const MAX_FILES = 100;
const MAX_UPLOADS = 4;
const FILE_NAME = /^[^\p{Cc}/\\]{1,100}$/u;
