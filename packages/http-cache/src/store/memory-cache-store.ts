import { HttpBody } from '@lamella/http';
import type { CacheEntry } from '../cache-entry.ts';
import { requireCount } from '../checks.ts';
import type { CacheEntryWriter, HttpCacheStore } from './http-cache-store.ts';
import { isSameVariant } from './http-cache-store.ts';
import { MemoryEntryWriter } from './memory-entry-writer.ts';

/** Options of {@link memoryCacheStore}. */
export interface MemoryCacheStoreOptions {
  /**
   * Bytes that all entries take together, heads and what is still on its way included, an integer of at least 1. Default 67_108_864
   * (64 MiB).
   */
  readonly maxBytes?: number;
  /** Longest body, in bytes, an integer of at least 0. Default 8_388_608 (8 MiB), and never more than `maxBytes`. */
  readonly maxEntryBytes?: number;
  /** Most variants under one key, an integer of at least 1; the oldest goes first. Default 16. */
  readonly maxVariants?: number;
}

/** A store in memory, with its gauges. */
export interface MemoryCacheStore extends HttpCacheStore {
  /** Bytes that the entries take now, those on their way included. */
  readonly byteCount: number;
  /** Number of entries, all variants counted. */
  readonly entryCount: number;
  /** The variants under a key, newest first. */
  find(key: string): readonly CacheEntry[];
  /** Forgets one variant, or without `id` all under the key. */
  delete(key: string, id?: string): void;
}

/**
 * Makes a store that keeps responses in memory, bounded by bytes; what was not used for the longest time goes first.
 *
 * @example
 * const store = memoryCacheStore({ maxBytes: 16 * 1024 * 1024 });
 *
 * @throws UsageError if an option is out of its range.
 */
export function memoryCacheStore(options: MemoryCacheStoreOptions = {}): MemoryCacheStore {
  return new MemoryStore(options);
}

interface Stored {
  readonly entry: CacheEntry;
  readonly body: Uint8Array;
  readonly size: number;
}

class MemoryStore implements MemoryCacheStore {
  readonly #maxBytes: number;
  readonly #maxEntryBytes: number;
  readonly #maxVariants: number;
  /** The keys in the order of their last use, and their variants, newest first. */
  readonly #keys = new Map<string, Stored[]>();
  /** Of `byteCount`, what belongs to bodies on their way. */
  #heldBytes = 0;
  byteCount = 0;
  entryCount = 0;

  constructor(options: MemoryCacheStoreOptions) {
    const { maxBytes = 64 * MIB, maxEntryBytes = 8 * MIB, maxVariants = 16 } = options;
    requireCount('maxBytes', maxBytes, 1);
    requireCount('maxEntryBytes', maxEntryBytes, 0);
    requireCount('maxVariants', maxVariants, 1);
    this.#maxBytes = maxBytes;
    this.#maxEntryBytes = Math.min(maxEntryBytes, maxBytes);
    this.#maxVariants = maxVariants;
  }

  find(key: string): readonly CacheEntry[] {
    const variants = this.#keys.get(key);
    if (variants === undefined) return NONE;
    this.#keys.delete(key);
    this.#keys.set(key, variants);
    return variants.map(({ entry }) => entry);
  }

  open(key: string, { id }: CacheEntry): HttpBody | undefined {
    const stored = this.#keys.get(key)?.find(({ entry }) => entry.id === id);
    return stored === undefined ? undefined : HttpBody.from(stored.body);
  }

  write(key: string, entry: CacheEntry): CacheEntryWriter | undefined {
    const headBytes = sizeOf(key, entry);
    if (!this.#hold(headBytes)) return undefined;
    const room = {
      maxEntryBytes: this.#maxEntryBytes,
      hold: (byteCount: number) => this.#hold(byteCount),
      onWhole: (body: Uint8Array) => this.#add(key, entry, body),
    };
    return new MemoryEntryWriter(room, headBytes);
  }

  update(key: string, entry: CacheEntry): void {
    const stored = this.#keys.get(key)?.find(({ entry: { id } }) => id === entry.id);
    if (stored !== undefined) this.#add(key, entry, stored.body);
  }

  delete(key: string, id?: string): void {
    this.#deleteWhere(key, ({ entry }) => id === undefined || entry.id === id);
  }

  #add(key: string, entry: CacheEntry, body: Uint8Array): void {
    this.#deleteWhere(key, (stored) => stored.entry.id === entry.id || isSameVariant(stored.entry, entry));
    const stored = { entry: { ...entry, bodyBytes: body.length }, body, size: sizeOf(key, entry) + body.length };
    if (stored.size > this.#maxBytes) return;
    const variants = [stored, ...(this.#keys.get(key) ?? [])];
    for (const dropped of variants.splice(this.#maxVariants)) this.#forget(dropped);
    this.#keys.delete(key);
    this.#keys.set(key, variants);
    this.byteCount += stored.size;
    this.entryCount += 1;
    this.#makeRoom();
  }

  /** Takes memory for what is on its way, or gives it back. What is stored makes room; what else is on its way does not. */
  #hold(byteCount: number): boolean {
    if (this.#heldBytes + byteCount > this.#maxBytes) return false;
    this.#heldBytes += byteCount;
    this.byteCount += byteCount;
    this.#makeRoom();
    return true;
  }

  #makeRoom(): void {
    for (const key of this.#keys.keys()) {
      if (this.byteCount <= this.#maxBytes) return;
      // Of the key used longest ago the oldest variant goes first; the newest entry of all stands last.
      const variants = this.#keys.get(key) ?? [];
      while (variants.length > 0 && this.byteCount > this.#maxBytes) {
        const dropped = variants.pop();
        if (dropped !== undefined) this.#forget(dropped);
      }
      if (variants.length === 0) this.#keys.delete(key);
    }
  }

  #deleteWhere(key: string, isDropped: (stored: Stored) => boolean): void {
    const variants = this.#keys.get(key);
    if (variants === undefined) return;
    const kept = variants.filter((stored) => !isDropped(stored));
    for (const stored of variants) if (!kept.includes(stored)) this.#forget(stored);
    if (kept.length === 0) this.#keys.delete(key);
    else this.#keys.set(key, kept);
  }

  #forget({ size }: Stored): void {
    this.byteCount -= size;
    this.entryCount -= 1;
  }
}

/** What an entry takes beside its body, roughly: two bytes a character, and the objects around them. */
function sizeOf(key: string, entry: CacheEntry): number {
  let characters = key.length + entry.reason.length;
  for (const [name, value] of entry.headers) characters += name.length + value.length + 16;
  for (const name of entry.neverIndexed ?? []) characters += name.length + 16;
  for (const [name, value] of Object.entries(entry.selectedBy)) characters += name.length + (value?.length ?? 0) + 16;
  return 2 * characters + 256;
}

const MIB = 1024 * 1024;
const NONE: readonly CacheEntry[] = [];
