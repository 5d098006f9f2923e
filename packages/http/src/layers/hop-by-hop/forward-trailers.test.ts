import { describe, expect, it, vi } from 'vitest';
import { HttpBody } from '../../message/http-body.ts';
import { HttpHeaders } from '../../message/http-headers.ts';
import { forwardTrailers } from './forward-trailers.ts';

const TRAILERS = HttpHeaders.from({ Host: 'evil', 'X-Sum': '1' });
const isNoTrailer = (name: string): boolean => name === 'host';

describe('forwardTrailers', () => {
  it.each<[string, () => HttpBody]>([
    ['at hand', () => HttpBody.from('hi', { trailers: () => TRAILERS })],
    ['that comes in pieces', () => HttpBody.from(['h', 'i'], { trailers: () => TRAILERS })],
    ['of a source', () => HttpBody.fromSource(sourceOf(['hi']))],
  ])('takes what must not go on from the trailers of a body %s', async (_what, make) => {
    const body = forwardTrailers(make(), isNoTrailer);
    expect(body.trailers).toBeUndefined();
    expect(await body.text()).toBe('hi');
    expect(body.trailers?.toJSON()).toEqual([['X-Sum', '1']]);
    expect(TRAILERS.size).toBe(2);
  });

  it('leaves no trailers where none may go on', async () => {
    const body = forwardTrailers(HttpBody.fromSource(sourceOf(['hi'])), () => true);
    await body.text();
    expect(body.trailers).toBeUndefined();
  });

  it('leaves a body alone that can have none', () => {
    const body = HttpBody.from(['hi'], { size: 2 });
    expect(forwardTrailers(body, isNoTrailer)).toBe(body);
    expect(forwardTrailers(HttpBody.empty, isNoTrailer)).toBe(HttpBody.empty);
    const atHand = HttpBody.from('hi');
    expect([forwardTrailers(atHand, isNoTrailer, '2'), forwardTrailers(HttpBody.empty, isNoTrailer, '2')]).toEqual([
      atHand,
      HttpBody.empty,
    ]);
  });

  // Only HTTP/2 has a place for them there.
  it('looks at trailers behind content of a stated length that has come by HTTP/2', async () => {
    const body = forwardTrailers(HttpBody.fromSource(sourceOf(['hi']), { size: 2 }), isNoTrailer, '2');
    expect(body.sizeOnWire).toBe(2);
    expect(await body.text()).toBe('hi');
    expect(body.trailers?.toJSON()).toEqual([['X-Sum', '1']]);
  });

  it('passes on that a body is given up, that it is over, and that it can begin anew', async () => {
    const source = { ...sourceOf(['hi']), cancel: vi.fn(), canClone: true, tryClone: () => sourceOf(['again']) };
    const onOver = vi.fn();
    const body = forwardTrailers(HttpBody.fromSource(source), isNoTrailer);
    body.onOver(onOver);
    const clone = body.tryClone();
    body.cancel('enough');
    expect(source.cancel).toHaveBeenCalledExactlyOnceWith('enough');
    expect(onOver).toHaveBeenCalledOnce();
    expect([body.canClone, await clone?.text(), clone?.trailers?.size]).toEqual([true, 'again', 1]);
    expect(forwardTrailers(HttpBody.fromSource(sourceOf([])), isNoTrailer).tryClone()).toBeUndefined();
  });
});

function sourceOf(chunks: readonly string[]) {
  const rest = chunks.map((chunk) => Buffer.from(chunk));
  return { read: async () => rest.shift(), cancel: () => {}, trailers: TRAILERS };
}
