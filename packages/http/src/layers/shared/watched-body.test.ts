import { describe, expect, it } from 'vitest';
import { bodyOf } from '../../../test/support/coding-tools.ts';
import { HttpBody } from '../../message/http-body.ts';
import { HttpHeaders } from '../../message/http-headers.ts';
import { watchedBody } from './watched-body.ts';

describe('watchedBody', () => {
  it('tells of every chunk and of the end, and reads nothing ahead', async () => {
    const { body, seen } = bodyOf([Buffer.from('a'), Buffer.from('bc')], { size: 3 });
    const { watched, log } = watch(body);
    expect([watched.size, watched.sizeOnWire, seen.reads]).toEqual([3, 3, 0]);
    await watched.read();
    expect([log, seen.reads]).toEqual([['chunk 1'], 1]);
    await watched.read();
    await watched.read();
    expect(log).toEqual(['chunk 1', 'chunk 2', 'complete undefined']);
  });

  it('tells once of a failure, and fails with the same', async () => {
    const error = new Error('disk');
    const { watched, log } = watch(HttpBody.fromSource({ read: () => Promise.reject(error), cancel() {} }));
    await expect(watched.read()).rejects.toBe(error);
    watched.cancel('late');
    expect(log).toEqual(['failed Error: disk']);
  });

  it('tells once of a cancellation, and passes it on', async () => {
    const { body, seen } = bodyOf([Buffer.from('a'), Buffer.from('b')]);
    const { watched, log } = watch(body);
    await watched.read();
    watched.cancel('enough');
    watched.cancel('again');
    expect([log, seen.cancelledWith]).toEqual([['chunk 1', 'cancelled enough'], 'enough']);
  });

  it('fails with what onChunk throws, and cancels the rest', async () => {
    const { body, seen } = bodyOf([Buffer.from('a'), Buffer.from('b')]);
    const error = new Error('too much');
    const watched = watchedBody(body, {
      onChunk() {
        throw error;
      },
    });
    await expect(watched.bytes()).rejects.toBe(error);
    expect(seen).toEqual({ reads: 1, cancelledWith: error });
  });

  it('keeps trailers, of sources and of content at hand, with nothing announced where they follow', async () => {
    const trailers = HttpHeaders.from({ A: 'b' });
    const ofSource = HttpBody.fromSource({ read: async () => undefined, cancel() {}, trailers });
    for (const body of [ofSource, HttpBody.from('x', { trailers: () => trailers })]) {
      const { watched } = watch(body);
      expect(watched.sizeOnWire).toBe(undefined);
      await watched.bytes();
      expect(watched.trailers?.get('a')).toBe('b');
    }
  });

  it('tells at once what the watched one tells of its source', () => {
    let isOver = false;
    let tell = () => {};
    const onOver = (listener: () => void): void => {
      tell = listener;
    };
    const source = { read: async () => undefined, cancel() {}, onOver };
    const { watched, log } = watch(HttpBody.fromSource(source));
    watched.onOver(() => {
      isOver = true;
    });
    expect(isOver).toBe(false);
    tell();
    expect([isOver, log]).toEqual([true, []]);
  });
});

function watch(body: HttpBody) {
  const log: string[] = [];
  const watched = watchedBody(body, {
    onChunk: (chunk) => log.push(`chunk ${chunk.length}`),
    onEnd: (outcome, error) => log.push(`${outcome} ${error}`),
  });
  return { watched, log };
}
