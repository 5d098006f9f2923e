import type { CacheEntry } from '../cache-entry.ts';
import { isSameVariant } from './http-cache-store.ts';

/** Limits of a {@link DiskIndex}. */
export interface DiskIndexLimits {
  readonly maxBytes: number;
  readonly maxEntries: number;
  readonly maxVariants: number;
}

/** Which entries a store has, in the order of their last use; what is over the limits is named to be removed. */
export class DiskIndex {
  readonly #limits: DiskIndexLimits;
  /** Variants by key, newest first; the key used longest ago stands first. */
  readonly #keys = new Map<string, CacheEntry[]>();
  /** Of `byteCount`, what belongs to bodies on their way. */
  #heldBytes = 0;
  byteCount = 0;
  entryCount = 0;

  constructor(limits: DiskIndexLimits) {
    this.#limits = limits;
  }

  find(key: string): readonly CacheEntry[] {
    const variants = this.#keys.get(key);
    if (variants === undefined) return [];
    this.#keys.delete(key);
    this.#keys.set(key, variants);
    return [...variants];
  }

  has(key: string, id: string): boolean {
    return this.#keys.get(key)?.some((entry) => entry.id === id) === true;
  }

  /** Enters an entry, in place of one with its name and of the same variant. @returns Entries whose files can go. */
  add(key: string, entry: CacheEntry): readonly CacheEntry[] {
    const removed = this.#take(key, (other) => other.id === entry.id || isSameVariant(other, entry));
    const variants = [entry, ...(this.#keys.get(key) ?? [])];
    this.#keys.delete(key);
    this.#keys.set(key, variants);
    this.#count(entry, 1);
    while (variants.length > this.#limits.maxVariants) this.#drop(variants, removed);
    this.#makeRoom(removed);
    return removed.filter(({ id }) => id !== entry.id || !this.has(key, id));
  }

  /** Forgets an entry, or all of a key. @returns What was there. */
  delete(key: string, id?: string): readonly CacheEntry[] {
    return this.#take(key, (entry) => id === undefined || entry.id === id);
  }

  /**
   * Takes place for what is on its way, or gives it back. What is stored makes room; what else is on its way does not.
   *
   * @returns Entries whose files can go; `undefined` if there is no place.
   */
  hold(byteCount: number): readonly CacheEntry[] | undefined {
    if (this.#heldBytes + byteCount > this.#limits.maxBytes) return undefined;
    this.#heldBytes += byteCount;
    this.byteCount += byteCount;
    const removed: CacheEntry[] = [];
    this.#makeRoom(removed);
    return removed;
  }

  #makeRoom(removed: CacheEntry[]): void {
    for (const [oldest, its] of this.#keys) {
      while (its.length > 0 && this.#isOver()) this.#drop(its, removed);
      if (its.length > 0) break;
      this.#keys.delete(oldest);
    }
  }

  #isOver(): boolean {
    return this.byteCount > this.#limits.maxBytes || this.entryCount > this.#limits.maxEntries;
  }

  #drop(variants: CacheEntry[], removed: CacheEntry[]): void {
    const entry = variants.pop();
    if (entry === undefined) return;
    this.#count(entry, -1);
    removed.push(entry);
  }

  #take(key: string, isTaken: (entry: CacheEntry) => boolean): CacheEntry[] {
    const variants = this.#keys.get(key) ?? [];
    const taken = variants.filter(isTaken);
    for (const entry of taken) this.#count(entry, -1);
    if (taken.length === variants.length) this.#keys.delete(key);
    else if (taken.length > 0)
      this.#keys.set(
        key,
        variants.filter((entry) => !taken.includes(entry)),
      );
    return taken;
  }

  #count(entry: CacheEntry, change: 1 | -1): void {
    this.byteCount += change * entry.bodyBytes;
    this.entryCount += change;
  }
}
