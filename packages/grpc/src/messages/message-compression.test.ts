import { describe, expect, it } from 'vitest';
import { compressMessage, inflateMessage } from './message-compression.ts';

describe('inflateMessage', () => {
  it.each(['gzip', 'deflate'] as const)('inflates %s up to the greatest length, and no further', async (encoding) => {
    const message = Buffer.alloc(10_000, 'ab');
    const compressed = await compressMessage(message, encoding);
    expect(compressed.length).toBeLessThan(100);
    expect(Buffer.from(await inflateMessage(compressed, encoding, 10_000))).toEqual(message);
    const beyond = inflateMessage(compressed, encoding, 9_999);
    await expect(beyond).rejects.toMatchObject({ statusName: 'RESOURCE_EXHAUSTED' });
  });

  it.each(['gzip', 'deflate'] as const)('refuses bytes that are no %s', async (encoding) => {
    const whole = await compressMessage(Buffer.alloc(1_000, 'ab'), encoding);
    for (const bytes of [Buffer.from('nonsense'), new Uint8Array(0), whole.subarray(0, -1)]) {
      const inflating = inflateMessage(bytes, encoding, 1_000);
      await expect(inflating).rejects.toMatchObject({ statusName: 'INTERNAL' });
    }
  });

  it('refuses a compressed message where no encoding is said', async () => {
    const inflating = inflateMessage(new Uint8Array(3), 'identity', 10);
    await expect(inflating).rejects.toMatchObject({ statusName: 'INTERNAL' });
  });
});
