import { describe, expect, it } from 'vitest';
import { HttpHeaders } from '../../message/http-headers.ts';
import { PushedBody } from './pushed-body.ts';

describe('PushedBody', () => {
  it('takes what comes at the very moment of being resumed', async () => {
    const body: PushedBody = new PushedBody(
      () => body.push(Buffer.from('at once')),
      () => {},
    );
    expect(Buffer.from((await body.read()) ?? []).toString()).toBe('at once');
  });

  it('gives what it has before its end, and before its failure', async () => {
    for (const failure of [undefined, new Error('broken off')]) {
      const body = new PushedBody(
        () => {},
        () => {},
      );
      expect(body.push(Buffer.from('a'))).toBe(false);
      if (failure === undefined) body.end(HttpHeaders.from());
      else body.fail(failure);
      expect((await body.read())?.length).toBe(1);
      if (failure === undefined) expect(await body.read()).toBeUndefined();
      else await expect(body.read()).rejects.toBe(failure);
      expect(body.push(Buffer.from('late'))).toBe(true);
    }
  });

  it.each<[string, (body: PushedBody) => void]>([
    ['has ended', (body) => body.end(HttpHeaders.from())],
    ['has failed', (body) => body.fail(new Error('broken off'))],
    ['is given up', (body) => body.cancel('enough')],
  ])('tells, read or not, that it %s', (_how, finish) => {
    const body = new PushedBody(
      () => {},
      () => {},
    );
    let overs = 0;
    body.onOver(() => overs++);
    body.push(Buffer.from('a'));
    expect(overs).toBe(0);
    finish(body);
    finish(body);
    expect(overs).toBe(1);
    body.onOver(() => overs++);
    expect(overs).toBe(2);
  });

  it('aborts when it is cancelled, and not after its end', () => {
    const reasons: unknown[] = [];
    const make = () =>
      new PushedBody(
        () => {},
        (reason) => reasons.push(reason),
      );
    make().cancel('enough');
    const ended = make();
    ended.end(HttpHeaders.from());
    ended.cancel('late');
    expect(reasons).toEqual(['enough']);
  });
});
