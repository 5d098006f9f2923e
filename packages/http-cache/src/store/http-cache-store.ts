import type { HttpBody } from '@lamella/http';
import type { CacheEntry } from '../cache-entry.ts';

/** A value, or a promise of one: a store in memory answers at once. */
export type MaybePromise<Value> = Value | Promise<Value>;

/**
 * Where an HTTP cache keeps responses.
 *
 * @remarks
 * A key stands for a resource; under it lie the variants of its response. A store that fails rejects: the cache then goes on as if
 * nothing were stored, and tells `onStoreError`.
 */
export interface HttpCacheStore {
  /** The variants under a key, newest first. */
  find(key: string): MaybePromise<readonly CacheEntry[]>;
  /** The body of a variant, made anew for each call; `undefined` if it is gone. */
  open(key: string, entry: CacheEntry): MaybePromise<HttpBody | undefined>;
  /** Begins to store a response. @returns `undefined` if there is no place for it. */
  write(key: string, entry: CacheEntry): MaybePromise<CacheEntryWriter | undefined>;
  /** Replaces the head of a variant whose body stays. */
  update(key: string, entry: CacheEntry): MaybePromise<void>;
  /** Forgets one variant, or without `id` all under the key. Does nothing if there is none. */
  delete(key: string, id?: string): MaybePromise<void>;
}

/** Takes the body of a response that is being stored. Nobody finds the entry before {@link commit}. */
export interface CacheEntryWriter {
  /** Adds bytes, which must not be changed afterwards. @returns `false` if the body has become too long; the entry is given up then. */
  write(chunk: Uint8Array): MaybePromise<boolean>;
  /** The body is whole: the entry can be found from now on. Replaces the variants that the same requests choose. */
  commit(): MaybePromise<void>;
  /** Gives the entry up. Does nothing after the end. */
  abort(): void;
}

/** Whether two entries are chosen by the same requests, so that the newer one replaces the other. */
export function isSameVariant(one: CacheEntry, other: CacheEntry): boolean {
  const names = Object.keys(one.selectedBy);
  return (
    names.length === Object.keys(other.selectedBy).length &&
    names.every((name) => name in other.selectedBy && one.selectedBy[name] === other.selectedBy[name])
  );
}
