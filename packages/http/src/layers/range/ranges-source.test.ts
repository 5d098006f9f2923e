import { describe, expect, it } from 'vitest';
import { HttpBody } from '../../message/http-body.ts';
import { rangesSource } from './ranges-source.ts';

const CONTENT = '0123456789';
const NOTHING = new Uint8Array(0);

describe('rangesSource', () => {
  it('gives the same for every range and however the body is split', async () => {
    for (let cut = 1; cut < CONTENT.length; cut++) {
      for (let first = 0; first < CONTENT.length; first++) {
        for (let last = first; last < CONTENT.length; last++) {
          const body = HttpBody.from([CONTENT.slice(0, cut), CONTENT.slice(cut)]);
          const source = rangesSource(body, [{ head: NOTHING, range: { firstByte: first, lastByte: last } }], NOTHING);
          expect(await HttpBody.fromSource(source).text()).toBe(CONTENT.slice(first, last + 1));
        }
      }
    }
  });

  it('gives several parts with their heads and a tail, byte by byte too', async () => {
    const parts = [
      { head: Buffer.from('<'), range: { firstByte: 0, lastByte: 0 } },
      { head: Buffer.from('|'), range: { firstByte: 1, lastByte: 2 } },
      { head: Buffer.from('|'), range: { firstByte: 8, lastByte: 9 } },
    ];
    for (const pieces of [[CONTENT], [...CONTENT]]) {
      const source = rangesSource(HttpBody.from(pieces), parts, Buffer.from('>'));
      expect(await HttpBody.fromSource(source).text()).toBe('<0|12|89>');
    }
  });

  it('reads nothing behind the last range, and cancels that', async () => {
    const body = HttpBody.from(endless());
    const source = rangesSource(body, [{ head: NOTHING, range: { firstByte: 2, lastByte: 5 } }], NOTHING);
    expect(await HttpBody.fromSource(source).text()).toBe('xxxx');
    await expect(body.read()).rejects.toThrow('cancelled');
  });

  it('ends early with a body that does, and fails with one that does', async () => {
    const parts = [{ head: NOTHING, range: { firstByte: 8, lastByte: 20 } }];
    expect(await HttpBody.fromSource(rangesSource(HttpBody.from([CONTENT]), parts, NOTHING)).text()).toBe('89');
    const failing = HttpBody.from(failingAfter(CONTENT));
    await expect(HttpBody.fromSource(rangesSource(failing, parts, NOTHING)).text()).rejects.toThrow('broken');
  });

  it('passes a cancellation on', async () => {
    const reasons: unknown[] = [];
    const body = HttpBody.fromSource({
      read: async () => Buffer.from(CONTENT),
      cancel: (reason) => reasons.push(reason),
    });
    const parts = [{ head: NOTHING, range: { firstByte: 1, lastByte: 99 } }];
    const sliced = HttpBody.fromSource(rangesSource(body, parts, NOTHING));
    await sliced.read();
    sliced.cancel('enough');
    expect(reasons).toEqual(['enough']);
  });
});

function* endless(): Generator<string> {
  for (;;) yield 'x';
}

function* failingAfter(text: string): Generator<string> {
  yield text;
  throw new Error('broken');
}
