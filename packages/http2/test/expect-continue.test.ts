import { HttpBody, type HttpRequest, HttpResponse } from '@lamella/http';
import { serviceFn } from '@lamella/service-core';
import { describe, expect, it } from 'vitest';
import { data, headers } from './support/frames.ts';
import { RawPeer } from './support/raw-peer.ts';

describe('a client that waits for leave to send its body', () => {
  it('is given it before the head of a response that is made of that body', async () => {
    const peer = await asking(async (request) => HttpResponse.from({ body: request.body }));
    expect(await peer.takeFrames()).toEqual(['HEADERS 1 :status=100']);
    await peer.send(data(1, 'abc', { end: true }));
    expect(await peer.takeFrames()).toEqual([
      expect.stringMatching(/^HEADERS 1 :status=200 /),
      'DATA 1 "abc"',
      'DATA 1 "" END',
    ]);
    await peer.close();
  });

  it('is given none behind the head of a response, whoever reads its body then', async () => {
    const peer = await asking(async (request) => {
      async function* parts(): AsyncGenerator<string> {
        yield 'begin ';
        yield await request.body.text();
      }
      return HttpResponse.from({ body: parts() });
    });
    expect(await peer.takeFrames()).toEqual([expect.stringMatching(/^HEADERS 1 :status=200 /), 'DATA 1 "begin "']);
    await peer.send(data(1, 'sent all the same', { end: true }));
    expect(await peer.takeFrames()).toEqual(['DATA 1 "sent all the same"', 'DATA 1 "" END']);
    await peer.close();
  });

  it.each([
    ['empty', [], 'DATA 1 "" END'],
    ['short', ['no'], 'DATA 1 "no"'],
  ])('hears at once of a response whose stream is %s and has nothing to do with its body', async (_, parts, first) => {
    const peer = await asking(async () => HttpResponse.from({ status: 403, body: parts }));
    expect((await peer.takeFrames()).slice(0, 2)).toEqual([expect.stringMatching(/^HEADERS 1 :status=403 /), first]);
    await peer.close();
  });

  it('gets an error if the response fails before its first chunk', async () => {
    const failing = HttpBody.fromSource({ read: () => Promise.reject(new Error('no content')), cancel() {} });
    const peer = await asking(async () => HttpResponse.from({ body: failing }));
    expect((await peer.takeFrames())[0]).toMatch(/^HEADERS 1 :status=500 /);
    expect(peer.errors).toMatchObject([{ message: 'no content' }]);
    await peer.close();
  });
});

async function asking(serve: (request: HttpRequest) => Promise<HttpResponse>): Promise<RawPeer> {
  const peer = await RawPeer.open(serviceFn(serve));
  const post = [':method', 'POST', ':scheme', 'http', ':authority', 'a.test', ':path', '/', 'expect', '100-continue'];
  await peer.send(headers(1, post));
  return peer;
}
