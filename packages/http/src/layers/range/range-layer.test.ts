import { FakeClock, layerCases } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import { httpLayerSubject } from '../../../test/support/http-layer-subject.ts';
import { HttpBody } from '../../message/http-body.ts';
import { HttpRequest } from '../../message/http-request.ts';
import type { HttpResponseInit } from '../../message/http-response.ts';
import { HttpResponse } from '../../message/http-response.ts';
import { conditionalLayer } from '../conditional/conditional-layer.ts';
import type { RangeLayerOptions } from './range-layer.ts';
import { rangeLayer } from './range-layer.ts';

const CONTENT = '0123456789';
const streamed = (): HttpBody => HttpBody.from(['0123', '456789'], { size: 10 });
const atHand = (): HttpBody => HttpBody.from(CONTENT);

describe('rangeLayer', () => {
  it.each(layerCases)('$name', ({ run }) => run(httpLayerSubject(rangeLayer())));

  describe.each([
    ['at hand', atHand],
    ['a stream of known size', streamed],
  ])('of a content %s', (_name, makeBody) => {
    it('sends one range as 206', async () => {
      const response = await get({ Range: 'bytes=3-6' }, () => ({ headers: { ETag: '"v1"' }, body: makeBody() }));
      expect([response.status, response.reason, response.body.size]).toEqual([206, 'Partial Content', 4]);
      expect(response.headers.get('content-range')).toBe('bytes 3-6/10');
      expect([response.headers.get('etag'), await response.body.text()]).toEqual(['"v1"', '3456']);
    });

    it('sends several ranges as multipart/byteranges of a known size', async () => {
      const response = await get({ Range: 'bytes=0-1,-2' }, () => ({
        headers: { 'Content-Type': 'text/plain' },
        body: makeBody(),
      }));
      expect(response.headers.get('content-type')).toBe('multipart/byteranges; boundary=EDGE');
      const text = await response.body.text();
      expect(text).toBe(
        '--EDGE\r\nContent-Type: text/plain\r\nContent-Range: bytes 0-1/10\r\n\r\n01' +
          '\r\n--EDGE\r\nContent-Type: text/plain\r\nContent-Range: bytes 8-9/10\r\n\r\n89\r\n--EDGE--\r\n',
      );
      expect(response.body.size).toBe(text.length);
    });

    it('answers 416 for a range that is not there, saying how much is', async () => {
      const body = makeBody();
      const response = await get({ Range: 'bytes=10-' }, () => ({
        headers: { 'Content-Type': 'text/plain', ETag: '"v1"' },
        body,
      }));
      expect([response.status, await response.body.text()]).toEqual([416, '']);
      expect(response.headers.toJSON()).toEqual([
        ['Accept-Ranges', 'bytes'],
        ['Content-Range', 'bytes */10'],
      ]);
      await expect(body.read()).rejects.toThrow('cancelled');
    });

    it.each(['bytes=0-,0-', 'bytes=0-5,3-9', `bytes=${'0-,'.repeat(5_000)}`])(
      'refuses the bomb %.30s',
      async (Range) => {
        expect((await get({ Range }, () => ({ body: makeBody() }))).status).toBe(416);
      },
    );

    it.each<Record<string, string>>([
      {},
      { Range: 'lines=1-2' },
      { Range: 'bytes=5-4' },
      { Range: 'bytes=0-1', 'If-Range': '"v0"' },
      { Range: 'bytes=0-1', 'If-Range': 'Mon, 01 Jan 2024 12:00:00 GMT' },
    ])('sends the whole for %o', async (fields) => {
      const response = await get(fields, () => ({ headers: { ETag: '"v1"' }, body: makeBody() }));
      expect([response.status, await response.body.text()]).toEqual([200, CONTENT]);
      expect(response.headers.get('accept-ranges')).toBe('bytes');
    });
  });

  it('sends ranges in the order asked for, except of a stream, which stays whole', async () => {
    const Range = 'bytes=8-9,0-1';
    const parts = await (await get({ Range }, () => ({ body: CONTENT }))).body.text();
    expect(parts.indexOf('8-9/10')).toBeLessThan(parts.indexOf('0-1/10'));
    const whole = await get({ Range }, () => ({ body: streamed() }));
    expect([whole.status, await whole.body.text()]).toEqual([200, CONTENT]);
  });

  it.each<[string, () => HttpResponseInit]>([
    ['a stream of unknown size', () => ({ body: [CONTENT] })],
    [
      'a 206 of the service itself',
      () => ({ status: 206, headers: { 'Content-Range': 'bytes 0-9/20' }, body: CONTENT }),
    ],
    ['a 404', () => ({ status: 404, body: CONTENT })],
    ['a service that wants no ranges', () => ({ headers: { 'Accept-Ranges': 'none' }, body: CONTENT })],
  ])('leaves %s alone', async (_name, makeInit) => {
    const response = await get({ Range: 'bytes=0-0' }, makeInit);
    expect([response.status, await response.body.text()]).toEqual([makeInit().status ?? 200, CONTENT]);
  });

  it('leaves HEAD whole and says that ranges are there, and leaves POST alone', async () => {
    const head = await get({ Range: 'bytes=0-0' }, () => ({ body: CONTENT }), {}, 'HEAD');
    expect([head.status, head.headers.get('accept-ranges')]).toEqual([200, 'bytes']);
    const post = await get({ Range: 'bytes=0-0' }, () => ({ body: CONTENT }), {}, 'POST');
    expect([post.status, post.headers.has('accept-ranges')]).toEqual([200, false]);
  });

  it('takes maxRanges ranges and no more', async () => {
    const answer = () => ({ body: CONTENT });
    expect((await get({ Range: 'bytes=0-0,2-2' }, answer, { maxRanges: 2 })).status).toBe(206);
    expect((await get({ Range: 'bytes=0-0,2-2,4-4' }, answer, { maxRanges: 2 })).status).toBe(416);
  });

  it('believes an If-Range with a date once its second is over', async () => {
    const clock = new FakeClock();
    const date = new Date(clock.epochMs()).toUTCString();
    const fields = { Range: 'bytes=0-0', 'If-Range': date };
    const answer = () => ({ headers: { 'Last-Modified': date }, body: CONTENT });
    expect((await get(fields, answer, { clock })).status).toBe(200);
    clock.advance(1_000);
    expect((await get(fields, answer, { clock })).status).toBe(206);
  });

  it.each([
    ['inside', (inner: Parameters<ReturnType<typeof rangeLayer>>[0]) => conditionalLayer()(rangeLayer()(inner))],
    ['outside', (inner: Parameters<ReturnType<typeof rangeLayer>>[0]) => rangeLayer()(conditionalLayer()(inner))],
  ])('composes with conditionalLayer, %s of it: conditions come first', async (_name, layer) => {
    const service = layer({ serve: async () => HttpResponse.text(CONTENT, { headers: { ETag: '"v1"' } }) });
    const serve = (headers: Record<string, string>) =>
      service.serve(HttpRequest.from({ target: '/', headers: { Range: 'bytes=0-0', ...headers } }));
    expect((await serve({ 'If-None-Match': '"v1"' })).status).toBe(304);
    expect((await serve({ 'If-Match': '"v2"' })).status).toBe(412);
    expect((await serve({ 'If-Match': '"v1"' })).status).toBe(206);
  });

  it('gives the response up when there is no boundary to be had', async () => {
    const body = atHand();
    const makeBoundary = () => 'a\r\nb';
    await expect(get({ Range: 'bytes=0-0,2-2' }, () => ({ body }), { makeBoundary })).rejects.toThrow('Content-Type');
    await expect(body.read()).rejects.toThrow('cancelled');
  });

  it.each<[RangeLayerOptions, string]>([
    [{ maxRanges: 0 }, 'maxRanges'],
    [{ maxRanges: 1.5 }, 'maxRanges'],
  ])('refuses %o', (options, message) => {
    expect(() => rangeLayer(options)).toThrow(message);
  });
});

function get(
  headers: Record<string, string>,
  answer: () => HttpResponseInit,
  options: RangeLayerOptions = {},
  method = 'GET',
): Promise<HttpResponse> {
  const layer = rangeLayer({ makeBoundary: () => 'EDGE', ...options });
  const service = layer({ serve: async () => HttpResponse.from(answer()) });
  return service.serve(HttpRequest.from({ method, target: '/', headers }));
}
