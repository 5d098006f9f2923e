import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkLedger } from '@lamella/net-core/testing';
import { UsageError } from '@lamella/service-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CacheEntry } from '../src/index.ts';
import { openDiskCacheStore } from '../src/index.ts';
import { CachedOrigin, streaming } from './support/cached-origin.ts';
import { cacheEntry, keep, read } from './support/entries.ts';

checkLedger({ beforeEach, afterEach });

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lamella-cache-'));
});
afterEach(() => rm(directory, { recursive: true }));

describe('openDiskCacheStore', () => {
  it('finds after a restart what it had stored before', async () => {
    const before = await openDiskCacheStore({ directory });
    await keep(before, 'http://a.test/', cacheEntry('1', { accept: null }), 'content');
    await keep(before, 'http://a.test/', cacheEntry('2', { accept: 'x' }), '');
    const after = await openDiskCacheStore({ directory });
    expect([after.entryCount, after.byteCount]).toEqual([2, 7]);
    expect(await read(after, 'http://a.test/', '1')).toBe('content');
    expect(await read(after, 'http://a.test/', '2')).toBe('');
  });

  it('answers requests across a restart', async () => {
    const headers = { 'Cache-Control': 'max-age=60' };
    const origin = new CachedOrigin(streaming(headers), { store: await openDiskCacheStore({ directory }) });
    await origin.get();
    const restarted = new CachedOrigin(streaming(headers), { store: await openDiskCacheStore({ directory }) });
    expect(await restarted.get()).toMatchObject({ body: 'one two', cache: 'lamella; hit; ttl=60' });
  });

  it('does not bring back by an update what is deleted meanwhile', async () => {
    const store = await openDiskCacheStore({ directory });
    await keep(store, 'a', cacheEntry('1'), 'content');
    const [entry = cacheEntry('none')] = await store.find('a');
    await Promise.all([store.update('a', entry), store.delete('a')]);
    expect([store.entryCount, store.byteCount]).toEqual([0, 0]);
    expect(await readdir(directory)).toEqual([]);
  });

  it('leaves nothing behind where a head cannot be written', async () => {
    const store = await openDiskCacheStore({ directory });
    const writer = await store.write('a', { ...cacheEntry('1'), reason: 1n } as unknown as CacheEntry); // no JSON
    await writer?.write(Buffer.from('content'));
    await expect(writer?.commit()).rejects.toThrow(TypeError);
    expect(await readdir(directory)).toEqual([]);
  });

  it('reads 64 KiB at a time, and closes the file whenever the reader leaves', async () => {
    const store = await openDiskCacheStore({ directory });
    await keep(store, 'a', cacheEntry('1'), 'x'.repeat(200_000));
    const [entry] = await store.find('a');
    for (let reads = 0; reads <= 4; reads++) {
      const body = await store.open('a', entry ?? cacheEntry('none'));
      for (let count = 0; count < reads; count++) await body?.read();
      if (reads === 2) void body?.read(); // a read is under way
      body?.cancel();
    }
  });

  it.each([
    ['a body that is cut off', (file: string) => file.endsWith('.body') && truncate(join(directory, file), 3)],
    ['a body that is missing', (file: string) => file.endsWith('.body') && rm(join(directory, file))],
    ['a head that is cut off', (file: string) => file.endsWith('.json') && truncate(join(directory, file), 30)],
    ['a head that is missing', (file: string) => file.endsWith('.json') && rm(join(directory, file))],
    [
      'a head of something else',
      (file: string) => file.endsWith('.json') && writeFile(join(directory, file), '{"key":1}'),
    ],
  ])('%s is removed at the next start', async (_name, damage) => {
    await keep(await openDiskCacheStore({ directory }), 'a', cacheEntry('1'), 'content');
    await writeFile(join(directory, 'notes.txt'), 'not ours');
    for (const file of await readdir(directory)) await damage(file);
    const store = await openDiskCacheStore({ directory });
    expect([store.entryCount, store.byteCount]).toEqual([0, 0]);
    expect(await readdir(directory)).toEqual(['notes.txt']);
  });

  it('gives nothing for a body that was cut off while it runs, and forgets it', async () => {
    const store = await openDiskCacheStore({ directory });
    await keep(store, 'a', cacheEntry('1'), 'content');
    for (const file of await readdir(directory)) if (file.endsWith('.body')) await truncate(join(directory, file), 3);
    expect(await read(store, 'a', '1')).toBeUndefined();
    expect(store.entryCount).toBe(0);
    expect(await readdir(directory)).toEqual([]);
  });

  it('removes what is over its limits, the files too', async () => {
    const store = await openDiskCacheStore({ directory, maxBytes: 100, maxEntries: 3, maxVariants: 2 });
    for (const id of ['1', '2', '3', '4']) await keep(store, id, cacheEntry(id), 'x'.repeat(10));
    expect(store.entryCount).toBe(3);
    await keep(store, '5', cacheEntry('5'), 'x'.repeat(95));
    expect([store.entryCount, store.byteCount]).toEqual([1, 95]);
    await keep(store, '6', cacheEntry('6'), 'x'.repeat(101));
    for (const id of ['7', '8', '9']) await keep(store, 'v', cacheEntry(id, { accept: id }), '');
    expect((await store.find('v')).map(({ id }) => id)).toEqual(['9', '8']);
    expect(await readdir(directory)).toHaveLength(2 * store.entryCount);
  });

  it('counts what is on its way, makes room for it, and takes no more than fits', async () => {
    const store = await openDiskCacheStore({ directory, maxBytes: 100 });
    await keep(store, 'old', cacheEntry('0'), 'x'.repeat(30));
    const writers = [];
    for (const id of ['1', '2', '3']) writers.push(await store.write(id, cacheEntry(id)));
    const isTaken = [];
    for (const writer of writers) isTaken.push(await writer?.write(Buffer.alloc(40)));
    expect(isTaken).toEqual([true, true, false]);
    expect([store.entryCount, store.byteCount]).toEqual([0, 80]); // the old one made room
    await writers[1]?.commit();
    expect([store.entryCount, store.byteCount]).toEqual([1, 80]);
    for (const writer of writers) writer?.abort();
    expect(await read(store, '2', '2')).toHaveLength(40);
    await expect.poll(() => readdir(directory)).toHaveLength(2);
    expect([store.entryCount, store.byteCount]).toEqual([1, 40]);
  });

  it('writes a changed head, and keeps the body', async () => {
    const store = await openDiskCacheStore({ directory });
    await keep(store, 'a', cacheEntry('1'), 'content');
    const [entry] = await store.find('a');
    await store.update('a', { ...(entry ?? cacheEntry('none')), receivedAtMs: 5 });
    await store.update('a', cacheEntry('unknown'));
    const again = await openDiskCacheStore({ directory });
    expect((await again.find('a')).map(({ id, receivedAtMs }) => [id, receivedAtMs])).toEqual([['1', 5]]);
    expect(await read(again, 'a', '1')).toBe('content');
  });

  it('leaves nothing of what was given up, and keeps no key in a file name', async () => {
    const store = await openDiskCacheStore({ directory });
    const writer = await store.write('../../etc/passwd', cacheEntry('../../evil'));
    await writer?.write(Buffer.from('x'));
    writer?.abort();
    writer?.abort();
    await keep(store, '../../etc/passwd', cacheEntry('../../other'), 'content');
    const files = await readdir(directory);
    expect(files.filter((file) => !/^[0-9a-f]{32}\.(?:json|body)$/.test(file))).toEqual([]);
    const [head] = files.filter((file) => file.endsWith('.json'));
    expect(await readFile(join(directory, head ?? ''), 'utf8')).toContain('../../etc/passwd');
  });

  it.each([{ maxBytes: 0 }, { maxEntryBytes: -1 }, { maxEntries: 0 }, { maxVariants: 0 }])(
    '%j is refused',
    async (options) => {
      await expect(openDiskCacheStore({ directory, ...options })).rejects.toThrow(UsageError);
    },
  );
});
