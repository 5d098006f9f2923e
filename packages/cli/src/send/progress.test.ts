import { describe, expect, it } from 'vitest';
import { progressText } from './progress.ts';

const MIB = 1_048_576;

describe('progressText', () => {
  it.each<[receivedBytes: number, totalBytes: number | undefined, elapsedMs: number, text: string]>([
    [0, undefined, 0, '0 B'],
    [0, 100, 0, '0 B of 100 B, 0 %'],
    [0, 100, 1_000, '0 B of 100 B, 0 %, 0 B/s'],
    [1_023, undefined, 1_000, '1023 B, 1023 B/s'],
    [1_024, undefined, 2_000, '1.0 KiB, 512 B/s'],
    [12 * MIB, 48 * MIB, 4_000, '12.0 MiB of 48.0 MiB, 25 %, 3.0 MiB/s, 0:12 left'],
    [99.9 * MIB, 100 * MIB, 1_000, '99.9 MiB of 100.0 MiB, 99 %, 99.9 MiB/s, 0:01 left'],
    [100, 100, 1_000, '100 B of 100 B, 100 %, 100 B/s'],
    [1, 3_661, 1_000, '1 B of 3.6 KiB, 0 %, 1 B/s, 1:01:00 left'],
    [1, 61, 1_000, '1 B of 61 B, 1 %, 1 B/s, 1:00 left'],
    [MIB - 1, undefined, 1_000, '1.0 MiB, 1.0 MiB/s'],
    [2_048 * MIB, undefined, 1_000, '2.0 GiB, 2.0 GiB/s'],
    [0, 0, 1_000, '0 B, 0 B/s'],
  ])('of %i of %s bytes in %i ms is %s', (receivedBytes, totalBytes, elapsedMs, text) => {
    expect(progressText({ receivedBytes, totalBytes, elapsedMs })).toBe(text);
  });
});
