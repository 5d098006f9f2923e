// The layer

export type { HttpCacheLayer, HttpCacheLayerOptions } from './http-cache-layer.ts';
export { httpCacheLayer } from './http-cache-layer.ts';

// Where responses are kept

export type { CacheEntry } from './cache-entry.ts';
export type { DiskCacheStore, DiskCacheStoreOptions } from './store/disk-cache-store.ts';
export { openDiskCacheStore } from './store/disk-cache-store.ts';
export type { CacheEntryWriter, HttpCacheStore, MaybePromise } from './store/http-cache-store.ts';
export type { MemoryCacheStore, MemoryCacheStoreOptions } from './store/memory-cache-store.ts';
export { memoryCacheStore } from './store/memory-cache-store.ts';
