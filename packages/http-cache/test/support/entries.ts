import type { CacheEntry, HttpCacheStore } from '../../src/index.ts';

/** A head that a store can keep. */
export function cacheEntry(id: string, selectedBy: Record<string, string | null> = {}): CacheEntry {
  return {
    id,
    status: 200,
    reason: 'OK',
    headers: [['Cache-Control', 'max-age=60']],
    selectedBy,
    requestedAtMs: 0,
    receivedAtMs: 0,
    hadAuthorization: false,
    bodyBytes: 0,
  };
}

/** Stores a whole body. */
export async function keep(store: HttpCacheStore, key: string, entry: CacheEntry, body: string): Promise<void> {
  const writer = await store.write(key, entry);
  for (const piece of body.match(/.{1,7}/gs) ?? []) await writer?.write(Buffer.from(piece));
  await writer?.commit();
}

/** Reads a stored body; `undefined` if there is none. */
export async function read(store: HttpCacheStore, key: string, id: string): Promise<string | undefined> {
  const entry = (await store.find(key)).find((stored) => stored.id === id);
  const body = entry === undefined ? undefined : await store.open(key, entry);
  return body?.text();
}
