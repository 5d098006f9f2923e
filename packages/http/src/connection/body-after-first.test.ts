import { describe, expect, it } from 'vitest';
import { HttpBody } from '../message/http-body.ts';
import { HttpHeaders } from '../message/http-headers.ts';
import { bodyAfterFirst } from './body-after-first.ts';

describe('bodyAfterFirst', () => {
  it.each([[[]], [['one']], [['one ', 'two ', 'three']]])(
    'has all of %j, its size and its trailers',
    async (chunks) => {
      const trailers = (): HttpHeaders => HttpHeaders.from([['X-Sum', '1']]);
      const body = await bodyAfterFirst(HttpBody.from(chunks, { trailers }));
      expect(body.size).toBeUndefined(); // trailers follow
      expect(await body.text()).toBe(chunks.join(''));
      expect(body.trailers?.get('x-sum')).toBe('1');

      const size = chunks.join('').length;
      expect((await bodyAfterFirst(HttpBody.from(chunks, { size }))).size).toBe(size);
    },
  );

  it('fails as the body does, at once or later', async () => {
    const error = new Error('broken');
    await expect(bodyAfterFirst(HttpBody.from(failingAfter([], error)))).rejects.toBe(error);
    const body = await bodyAfterFirst(HttpBody.from(failingAfter(['one'], error)));
    await expect(body.text()).rejects.toBe(error);
  });

  it('gives the rest up when it is given up', async () => {
    let isStopped = false;
    const body = await bodyAfterFirst(
      HttpBody.fromSource({
        read: async () => Buffer.from('x'),
        cancel: () => {
          isStopped = true;
        },
      }),
    );
    body.cancel();
    expect(isStopped).toBe(true);
  });
});

function* failingAfter(chunks: readonly string[], error: Error): Generator<string> {
  yield* chunks;
  throw error;
}
