import { describe, expect, it } from 'vitest';
import type { FillPattern } from './pattern-source.ts';
import { alphabet, noise, PatternSource } from './pattern-source.ts';

describe('PatternSource', () => {
  it.each([1, 3, 26, 60, 100])('gives the same content in chunks of %i', async (chunkBytes) => {
    const chunks = await readAll(60, alphabet, chunkBytes);
    expect(Buffer.concat(chunks).toString()).toBe('abcdefghijklmnopqrstuvwxyz'.repeat(3).slice(0, 60));
    expect(chunks.map(({ length }) => length)).toEqual(
      Array.from({ length: Math.ceil(60 / chunkBytes) }, (_, index) => Math.min(chunkBytes, 60 - index * chunkBytes)),
    );
    expect(Buffer.concat(await readAll(60, noise(7), chunkBytes))).toEqual(Buffer.concat(await readAll(60, noise(7))));
  });

  it('gives nothing of nothing', async () => {
    expect(await readAll(0, alphabet)).toEqual([]);
  });
});

describe('noise', () => {
  it('differs by its seed', async () => {
    const contents = await Promise.all(
      [0, 1, 2, 4_294_967_295].map(async (seed) => Buffer.concat(await readAll(64, noise(seed))).toString('hex')),
    );
    expect(new Set(contents).size).toBe(4);
  });

  it('has every byte about equally often', async () => {
    const counts = new Array<number>(256).fill(0);
    for (const byte of Buffer.concat(await readAll(256_000, noise(1)))) counts[byte] = (counts[byte] ?? 0) + 1;
    expect(Math.min(...counts)).toBeGreaterThan(850);
    expect(Math.max(...counts)).toBeLessThan(1_150);
  });
});

async function readAll(size: number, fill: FillPattern, chunkBytes?: number): Promise<Uint8Array[]> {
  const source = new PatternSource(size, fill, chunkBytes);
  const chunks: Uint8Array[] = [];
  for (let chunk = await source.read(); chunk !== undefined; chunk = await source.read()) chunks.push(chunk);
  return chunks;
}
