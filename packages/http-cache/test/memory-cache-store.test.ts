import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { UsageError } from '@lamella/service-core';
import { describe, expect, it } from 'vitest';
import { memoryCacheStore } from '../src/index.ts';
import { cacheEntry, keep, read } from './support/entries.ts';

describe('memoryCacheStore', () => {
  it('forgets what was not used for the longest time when it is full', async () => {
    const store = memoryCacheStore({ maxBytes: 5_000 });
    for (const key of ['a', 'b', 'c']) await keep(store, key, cacheEntry(key), 'x'.repeat(1_000));
    store.find('a');
    await keep(store, 'd', cacheEntry('d'), 'x'.repeat(1_000));
    await keep(store, 'e', cacheEntry('e'), 'x'.repeat(1_000));
    expect(['a', 'b', 'c', 'd', 'e'].filter((key) => store.find(key).length > 0)).toEqual(['a', 'd', 'e']);
    expect(store.entryCount).toBe(3);
    expect(store.byteCount).toBeLessThanOrEqual(5_000);
  });

  it('counts heads, so that many without a body do not pile up', async () => {
    const store = memoryCacheStore({ maxBytes: 10_000 });
    for (let count = 0; count < 1_000; count++) await keep(store, `key ${count}`, cacheEntry(`${count}`), '');
    expect(store.byteCount).toBeLessThanOrEqual(10_000);
    expect(store.entryCount).toBeLessThan(40);
  });

  it('stores nothing that is larger than all of it', async () => {
    const store = memoryCacheStore({ maxBytes: 1_000 });
    await keep(store, 'a', cacheEntry('1'), 'x'.repeat(999));
    expect([store.entryCount, store.byteCount]).toEqual([0, 0]);
  });

  it('holds no more than twice a body that comes byte by byte', async () => {
    const store = memoryCacheStore();
    const before = memory();
    const writer = await store.write('a', cacheEntry('1'));
    for (let count = 0; count < 1_000_000; count++) await writer?.write(BYTE);
    const grown = memory() - before;
    await writer?.commit();
    expect(grown).toBeLessThan(40_000_000); // a list of a million pieces takes over 80 MB
    expect((await read(store, 'a', '1'))?.length).toBe(1_000_000);
  });

  it('counts what is on its way, makes room for it, and takes no more than fits', async () => {
    const store = memoryCacheStore({ maxBytes: 10_000 });
    await keep(store, 'old', cacheEntry('0'), 'x'.repeat(1_000));
    const writers = await Promise.all(['1', '2', '3'].map((id) => store.write(id, cacheEntry(id))));
    const isTaken = await Promise.all(writers.map((writer) => writer?.write(new Uint8Array(4_000))));
    expect(isTaken).toEqual([true, true, false]);
    expect(store.find('old')).toEqual([]); // made room
    expect(store.byteCount).toBeGreaterThanOrEqual(8_000);
    expect(store.byteCount).toBeLessThanOrEqual(10_000);
    writers[0]?.abort();
    writers[0]?.abort();
    expect(store.byteCount).toBeLessThan(5_000);
    await writers[1]?.commit();
    expect([store.entryCount, await read(store, '2', '2')]).toEqual([1, '\0'.repeat(4_000)]);
    writers[2]?.abort();
    store.delete('2');
    expect([store.entryCount, store.byteCount]).toEqual([0, 0]);
  });

  it('begins nothing for which there is not even room for the head', async () => {
    const store = memoryCacheStore({ maxBytes: 1_000 });
    const writers = [];
    for (let id = 0; id < 10; id++) writers.push(await store.write(`${id}`, cacheEntry(`${id}`)));
    expect(writers.filter((writer) => writer !== undefined).length).toBeLessThan(4);
    for (const writer of writers) writer?.abort();
    expect(store.byteCount).toBe(0);
  });

  it('takes nothing more for what it has given up', async () => {
    const store = memoryCacheStore({ maxEntryBytes: 10 });
    const writer = await store.write('a', cacheEntry('1'));
    expect(await writer?.write(new Uint8Array(11))).toBe(false);
    expect(store.byteCount).toBe(0);
    expect(await writer?.write(new Uint8Array(1))).toBe(false);
    await writer?.commit();
    expect([store.entryCount, store.byteCount]).toEqual([0, 0]);
  });

  it.each([
    [4_096, 1],
    [4_097, 0],
  ])('keeps a body of %i bytes where 4_096 are allowed: %i', async (length, count) => {
    const store = memoryCacheStore({ maxEntryBytes: 4_096 });
    await keep(store, 'a', cacheEntry('1'), 'x'.repeat(length));
    expect(store.entryCount).toBe(count);
  });

  it('replaces the same variant, and keeps others', async () => {
    const store = memoryCacheStore();
    await keep(store, 'a', cacheEntry('1', { accept: 'x' }), 'one');
    await keep(store, 'a', cacheEntry('2', { accept: 'y' }), 'two');
    await keep(store, 'a', cacheEntry('3', { accept: 'x' }), 'three');
    expect(store.find('a').map(({ id }) => id)).toEqual(['3', '2']);
    expect(await read(store, 'a', '3')).toBe('three');
    store.delete('a', '3');
    expect(store.find('a').map(({ id }) => id)).toEqual(['2']);
    store.delete('a');
    store.delete('a');
    expect([store.entryCount, store.byteCount]).toEqual([0, 0]);
  });

  it.each([{ maxBytes: 0 }, { maxEntryBytes: -1 }, { maxVariants: 0 }, { maxBytes: 1.5 }])(
    '%j is refused',
    (options) => {
      expect(() => memoryCacheStore(options)).toThrow(UsageError);
    },
  );
});

const BYTE = new Uint8Array([120]);

/** What JavaScript holds, in bytes, garbage aside. */
function memory(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc()');
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
