import { createHash } from 'node:crypto';
import { mkdir, open, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HttpBody } from '@lamella/http';
import type { CacheEntry } from '../cache-entry.ts';
import { requireCount } from '../checks.ts';
import { DiskIndex } from './disk-index.ts';
import { fileBody } from './file-body.ts';
import type { CacheEntryWriter, HttpCacheStore } from './http-cache-store.ts';
import { readDirectory } from './read-directory.ts';

/** Options of {@link openDiskCacheStore}. */
export interface DiskCacheStoreOptions {
  /** Where the files lie; made if it is missing. It belongs to this store alone, in this process. */
  readonly directory: string;
  /** Bytes that all bodies take together, those on their way included, an integer of at least 1. Default 1_073_741_824 (1 GiB). */
  readonly maxBytes?: number;
  /** Longest body, in bytes, an integer of at least 0. Default 134_217_728 (128 MiB), and never more than `maxBytes`. */
  readonly maxEntryBytes?: number;
  /** Most entries, an integer of at least 1; their heads are kept in memory. Default 10_000. */
  readonly maxEntries?: number;
  /** Most variants under one key, an integer of at least 1; the oldest goes first. Default 16. */
  readonly maxVariants?: number;
}

/** A store on disk, with its gauges. */
export interface DiskCacheStore extends HttpCacheStore {
  /** Bytes that the bodies take now, those on their way included. */
  readonly byteCount: number;
  /** Number of entries, all variants counted. */
  readonly entryCount: number;
}

/**
 * Opens a store that keeps bodies in files, and finds what it had stored before the process was started again.
 *
 * @remarks
 * Each entry is two files: its body, and its head as JSON, which comes into being last and at once. What a crash has left half
 * written, or what somebody has cut off, is removed when the store is opened. Names of files come from a hash of the key, so no
 * request decides where anything is written.
 *
 * @throws UsageError if an option is out of its range; the error of the file system, if the directory can't be made or read.
 *
 * @example
 * const store = await openDiskCacheStore({ directory: '/var/cache/shop' });
 * const layer = httpCacheLayer({ store });
 */
export async function openDiskCacheStore(options: DiskCacheStoreOptions): Promise<DiskCacheStore> {
  const { directory, maxBytes = GIB, maxEntryBytes = GIB / 8, maxEntries = 10_000, maxVariants = 16 } = options;
  requireCount('maxBytes', maxBytes, 1);
  requireCount('maxEntryBytes', maxEntryBytes, 0);
  requireCount('maxEntries', maxEntries, 1);
  requireCount('maxVariants', maxVariants, 1);
  await mkdir(directory, { recursive: true });
  const index = new DiskIndex({ maxBytes, maxEntries, maxVariants });
  const store = new DiskStore(directory, index, Math.min(maxEntryBytes, maxBytes));
  for (const { key, entry } of await readDirectory(directory)) await store.remove(index.add(key, entry));
  return store;
}

class DiskStore implements DiskCacheStore {
  readonly #directory: string;
  readonly #index: DiskIndex;
  readonly #maxEntryBytes: number;

  constructor(directory: string, index: DiskIndex, maxEntryBytes: number) {
    this.#directory = directory;
    this.#index = index;
    this.#maxEntryBytes = maxEntryBytes;
  }

  get byteCount(): number {
    return this.#index.byteCount;
  }

  get entryCount(): number {
    return this.#index.entryCount;
  }

  find(key: string): readonly CacheEntry[] {
    return this.#index.find(key);
  }

  async open(key: string, entry: CacheEntry): Promise<HttpBody | undefined> {
    const body = await fileBody(this.#path(entry, BODY), entry.bodyBytes);
    if (body === undefined) await this.delete(key, entry.id);
    return body;
  }

  async write(key: string, entry: CacheEntry): Promise<CacheEntryWriter> {
    const path = this.#path(entry, BODY);
    const file = await open(path, 'wx');
    let byteCount = 0;
    let end: Promise<void> | undefined;
    const release = (): void => {
      this.#index.hold(-byteCount);
      byteCount = 0;
    };
    const abort = (): void => {
      end ??= (async () => {
        await file.close();
        await rm(path, { force: true });
      })()
        .catch(ignore) // what stays is removed when the store is opened again
        .finally(release);
    };
    return {
      write: async (chunk) => {
        const removed =
          end === undefined && byteCount + chunk.length <= this.#maxEntryBytes
            ? this.#index.hold(chunk.length)
            : undefined;
        if (removed === undefined) {
          abort();
          return false;
        }
        byteCount += chunk.length;
        await this.remove(removed);
        await file.writeFile(chunk);
        return true;
      },
      commit: async () => {
        if (end !== undefined) return;
        end = file.close();
        const stored = { ...entry, bodyBytes: byteCount };
        try {
          await end;
          await this.#writeHead(key, stored);
        } catch (error) {
          await this.remove([entry]).catch(ignore); // a disk that is full shall not stay so by what nobody finds
          throw error;
        } finally {
          release();
        }
        await this.remove(this.#index.add(key, stored));
      },
      abort,
    };
  }

  async update(key: string, entry: CacheEntry): Promise<void> {
    if (!this.#index.has(key, entry.id)) return;
    await this.#writeHead(key, entry);
    // Deleted meanwhile, by a request that changes the resource: it must not come back.
    if (this.#index.has(key, entry.id)) await this.remove(this.#index.add(key, entry));
    else await this.remove([entry]);
  }

  async delete(key: string, id?: string): Promise<void> {
    await this.remove(this.#index.delete(key, id));
  }

  /** Removes the files of entries that are no longer in the index. A body that is being read can be read on. */
  async remove(entries: readonly CacheEntry[]): Promise<void> {
    for (const entry of entries) {
      await rm(this.#path(entry, HEAD), { force: true });
      await rm(this.#path(entry, BODY), { force: true });
    }
  }

  async #writeHead(key: string, entry: CacheEntry): Promise<void> {
    const path = this.#path(entry, HEAD);
    const draft = `${path}.${crypto.randomUUID()}${DRAFT}`;
    try {
      await writeFile(draft, JSON.stringify({ key, entry }));
      await rename(draft, path);
    } catch (error) {
      await rm(draft, { force: true }).catch(ignore);
      throw error;
    }
  }

  #path({ id }: CacheEntry, extension: string): string {
    return join(this.#directory, createHash('sha256').update(id).digest('hex').slice(0, 32) + extension);
  }
}

function ignore(): void {}

const GIB = 1024 * 1024 * 1024;
const BODY = '.body';
const HEAD = '.json';
const DRAFT = '.draft';
