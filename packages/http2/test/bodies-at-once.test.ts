import { HttpBody, type HttpRequest, HttpResponse } from '@lamella/http';
import { serviceFn } from '@lamella/service-core';
import { describe, expect, it } from 'vitest';
import { data, headers, reset } from './support/frames.ts';
import { RawPeer } from './support/raw-peer.ts';

const POST = [':method', 'POST', ':scheme', 'http', ':authority', 'a.test', ':path', '/'];

describe('a request body that stands right behind its head', () => {
  it.each([
    ['one piece', [data(1, 'content', { end: true })], 'content'],
    ['several pieces', [data(1, 'con'), data(1, 'tent'), data(1, '', { end: true })], 'content'],
    ['a piece and trailers', [data(1, 'content'), headers(1, ['x-sum', '7'], { end: true })], 'content x-sum: 7\r\n'],
    ['nothing', [data(1, '', { end: true })], ''],
  ])('is at hand where it is %s', async (_, frames, expected) => {
    const peer = await RawPeer.open(serviceFn(echo));
    await peer.send(headers(1, POST), ...frames);
    const answer = await peer.takeFrames();
    expect(answer[0]).toMatch(/^HEADERS 1 :status=200 .*x-at-hand=true/);
    expect(answer.slice(1)).toEqual(expected === '' ? [] : [`DATA 1 ${JSON.stringify(expected)} END`]);
    await peer.close();
  });

  it('is given to the service as far as it is here, the rest as it comes', async () => {
    const peer = await RawPeer.open(serviceFn(echo));
    await peer.send(headers(1, POST), data(1, 'first '));
    expect(await peer.takeFrames()).toEqual([]);
    await peer.send(data(1, 'second', { end: true }));
    const answer = await peer.takeFrames();
    expect(answer[0]).toMatch(/^HEADERS 1 :status=200 .*x-at-hand=false/);
    expect(answer[1]).toBe('DATA 1 "first second" END');
    await peer.close();
  });

  it('is its own, though many came in one chunk', async () => {
    const peer = await RawPeer.open(serviceFn(echo));
    const frames = [1, 3, 5, 7].flatMap((id) => [headers(id, POST), data(id, `content ${id}`, { end: true })]);
    await peer.send(...frames);
    const answer = await peer.takeFrames();
    expect(answer.filter((line) => line.startsWith('DATA'))).toEqual(
      [1, 3, 5, 7].map((id) => `DATA ${id} "content ${id}" END`),
    );
    await peer.close();
  });

  it('sets no service to work if the client takes the request back in one breath', async () => {
    let calls = 0;
    const peer = await RawPeer.open(serviceFn(async () => HttpResponse.text(String(++calls))));
    await peer.send(headers(1, POST), data(1, 'con'), reset(1, 8), headers(3, POST), data(3, '', { end: true }));
    const answer = await peer.takeFrames();
    expect(answer.at(-1)).toBe('DATA 3 "1" END');
    await peer.close();
  });
});

async function echo({ body }: HttpRequest): Promise<HttpResponse> {
  const isAtHand = body.isAtHand;
  const text = await body.text();
  const content = body.trailers === undefined ? text : `${text} ${body.trailers}`;
  return HttpResponse.from({ headers: { 'x-at-hand': String(isAtHand) }, body: HttpBody.from(content) });
}
