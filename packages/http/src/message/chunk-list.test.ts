import { patternBytes } from '@lamella/net-core/testing';
import { describe, expect, it } from 'vitest';
import { ChunkList } from './chunk-list.ts';

describe('ChunkList', () => {
  it.each([
    ['no chunk', 0, 1],
    ['one chunk', 1_000, 1_000],
    ['single bytes', 100_000, 1],
    ['small chunks', 100_000, 97],
    ['large chunks', 1_000_000, 3_000],
  ])('joins %s in order', (_what, byteCount, chunkBytes) => {
    const bytes = patternBytes(byteCount);
    const list = new ChunkList();
    for (let at = 0; at < byteCount; at += chunkBytes) list.add(bytes.subarray(at, at + chunkBytes));
    expect(list.byteCount).toBe(byteCount);
    expect(Buffer.compare(list.joined(), bytes)).toBe(0);
  });

  it('gives a single chunk back as it is', () => {
    const chunk = Uint8Array.of(1, 2);
    const list = new ChunkList();
    list.add(chunk);
    expect(list.joined()).toBe(chunk);
  });

  it.each([
    [1, 100_000 / 256 + 256],
    [1_023, 100_000 / 256 + 256],
    [1_024, 100_000],
  ])('holds chunks of %d bytes in no more than %d pieces', (chunkBytes, most) => {
    const list = new ChunkList();
    const chunk = new Uint8Array(chunkBytes);
    for (let count = 0; count < 100_000; count++) list.add(chunk);
    expect(list.chunkCount).toBeLessThanOrEqual(most);
    expect(list.byteCount).toBe(100_000 * chunkBytes);
  });
});
