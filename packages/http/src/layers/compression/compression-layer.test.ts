import { resources } from '@lamella/net-core';
import { serviceFn, stack, UsageError } from '@lamella/service-core';
import { layerCases, settle } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import { bodyOf, decode, noise, openDecoder } from '../../../test/support/coding-tools.ts';
import { httpLayerSubject } from '../../../test/support/http-layer-subject.ts';
import { HttpBody } from '../../message/http-body.ts';
import { HttpHeaders } from '../../message/http-headers.ts';
import { HttpRequest } from '../../message/http-request.ts';
import type { HttpResponseInit } from '../../message/http-response.ts';
import { HttpResponse } from '../../message/http-response.ts';
import { httpClientOn } from '../../testing/http-client-on.ts';
import type { CompressionLayerOptions } from './compression-layer.ts';
import { compressionLayer, isCompressibleType } from './compression-layer.ts';
import { ALL_CODINGS } from './content-coding.ts';

const TEXT = 'all work and no play '.repeat(200);
const CHUNKS = Array.from({ length: 50 }, (_, index) => Buffer.from(`${index} ${TEXT}\n`));

describe('compressionLayer', () => {
  const headers = { 'Accept-Encoding': 'gzip' };
  it.each(layerCases)('$name', ({ run }) => run(httpLayerSubject(compressionLayer(), { headers })));

  it.each(ALL_CODINGS)('codes content at hand and streams with %s', async (coding) => {
    for (const body of [TEXT, Buffer.from(TEXT), HttpBody.from(TEXT.repeat(20)), bodyOf(CHUNKS).body]) {
      const expected = body instanceof HttpBody ? (body.tryClone() ?? bodyOf(CHUNKS).body) : HttpBody.from(body);
      const response = await answer({ headers: FIELDS, body }, { accept: coding });
      expect(fieldsOf(response)).toEqual([
        'Content-Type: text/plain',
        'ETag: W/"a"',
        'Vary: Accept-Encoding',
        `Content-Encoding: ${coding}`,
      ]);
      const content = await response.body.bytes();
      expect(decode[coding](content)).toEqual(Buffer.from(await expected.bytes()));
    }
    expect(resources()['zlib-stream']).toBe(undefined);
  });

  it.each(ALL_CODINGS)('codes on a connection with %s', async (coding) => {
    const app = serviceFn(() =>
      HttpResponse.from({ headers: { 'Content-Type': 'text/plain' }, body: bodyOf(CHUNKS).body }),
    );
    const client = httpClientOn(stack(compressionLayer(), app));
    for (const method of ['GET', 'HEAD']) {
      const request = HttpRequest.from({ method, target: 'http://app.test/', headers: { 'Accept-Encoding': coding } });
      const response = await client.serve(request);
      expect(response.headers.get('content-encoding')).toBe(coding);
      const content = await response.body.bytes();
      if (method === 'GET') expect(decode[coding](content)).toEqual(Buffer.concat(CHUNKS));
      else expect([content.length, response.headers.has('content-length')]).toEqual([0, false]);
    }
    await client.close();
    expect(resources()['zlib-stream']).toBe(undefined);
  });

  it('tries as hard as it is told', async () => {
    const sizes = await Promise.all(
      [1, 9].map(async (gzip) => (await (await answer({}, { levels: { gzip } })).body.bytes()).length),
    );
    expect(sizes[1]).toBeLessThan(sizes[0] ?? 0);
  });

  it('keeps trailers', async () => {
    const trailers = () => HttpHeaders.from({ 'X-Sum': '1' });
    for (const body of [HttpBody.from(TEXT, { trailers }), HttpBody.from(CHUNKS, { trailers })]) {
      const response = await answer({ body });
      await response.body.bytes();
      expect(response.headers.get('content-encoding')).toBe('gzip');
      expect(response.body.trailers?.get('x-sum')).toBe('1');
    }
  });

  describe('leaves a response as it is, without Vary', () => {
    it.each<[string, HttpResponseInit, string?]>([
      ['of 204', { status: 204, body: '' }],
      ['of 206, in parts', { status: 206, headers: { 'Content-Type': 'text/plain' } }],
      ['with Content-Range', { headers: { 'Content-Range': 'bytes */10' } }],
      ['that is coded', { headers: { 'Content-Encoding': 'br' } }],
      ['that says no-transform', { headers: { 'Cache-Control': 'public, No-Transform' } }],
      ['that is empty', { body: '' }],
      ['that is short', { body: 'x'.repeat(1_023) }],
      ['of another type', { headers: { 'Content-Type': 'image/png' } }],
      ['without a type', { headers: {} }],
    ])('%s', async (_, init) => {
      const given = HttpResponse.from({
        body: TEXT,
        ...init,
        headers: { 'Content-Type': 'text/plain', ETag: '"a"', ...init.headers },
      });
      if (_ === 'without a type') given.headers.delete('content-type');
      const response = await compressionLayer()({ serve: async () => given }).serve(request('gzip'));
      expect(response).toBe(given);
    });

    it('to a request that says no-transform', async () => {
      const given = HttpResponse.text(TEXT);
      const headers = { 'Accept-Encoding': 'gzip', 'Cache-Control': 'no-transform' };
      const asked = HttpRequest.from({ target: 'http://app.test/', headers });
      expect(await compressionLayer()({ serve: async () => given }).serve(asked)).toBe(given);
    });

    it('that switches protocols', async () => {
      const given = HttpResponse.upgrade({ headers: { Upgrade: 'x' } }, { serve: async () => {} });
      expect(await compressionLayer()({ serve: async () => given }).serve(request('gzip'))).toBe(given);
    });
  });

  it.each([['br;q=0, identity'], [undefined], ['compress']])('says Vary to %j, and codes nothing', async (accept) => {
    const response = await answer({ headers: FIELDS }, { accept });
    expect(fieldsOf(response)).toEqual([
      ...Object.entries(FIELDS).map((field) => field.join(': ')),
      'Vary: Accept-Encoding',
    ]);
    expect(await response.body.text()).toBe(TEXT);
  });

  it.each([
    ['Origin', 'Origin, Accept-Encoding'],
    ['accept-encoding', 'accept-encoding'],
    ['*', '*'],
  ])('adds to a Vary of %s', async (vary, expected) => {
    const response = await answer({ headers: { 'Content-Type': 'text/plain', Vary: vary } });
    expect(response.headers.get('vary')).toBe(expected);
  });

  it('codes from minBytes on', async () => {
    for (const [length, coding] of [
      [1_023, undefined],
      [1_024, 'gzip'],
    ] as const) {
      const body = 'x'.repeat(length);
      expect((await answer({ body })).headers.get('content-encoding')).toBe(coding);
      const streamed = await answer({ body: bodyOf([Buffer.from(body)], { size: length }).body });
      expect(streamed.headers.get('content-encoding')).toBe(coding);
      streamed[Symbol.dispose]();
    }
    expect((await answer({ body: 'x'.repeat(50) }, { minBytes: 0 })).headers.get('content-encoding')).toBe('gzip');
  });

  it('does not make content at hand longer', async () => {
    const response = await answer({ body: noise(2_000) });
    expect(fieldsOf(response)).toEqual(['Content-Type: text/plain', 'Vary: Accept-Encoding']);
    expect((await response.body.bytes()).length).toBe(2_000);
  });

  it('leaves a weak ETag weak', async () => {
    const response = await answer({ headers: { 'Content-Type': 'text/plain', ETag: 'W/"a"' } });
    expect(response.headers.get('etag')).toBe('W/"a"');
  });

  it('gives a 304 the Vary and the ETag of the 200', async () => {
    const init = { status: 304, headers: { ETag: '"a"' }, body: '' };
    expect(fieldsOf(await answer(init))).toEqual(['ETag: W/"a"', 'Vary: Accept-Encoding']);
    expect(fieldsOf(await answer(init, { accept: undefined }))).toEqual(['ETag: "a"', 'Vary: Accept-Encoding']);
  });

  it('gives a response to HEAD the fields of GET, without reading anything', async () => {
    for (const body of [bodyOf([], { size: 5_000 }).body, HttpBody.empty]) {
      const given = HttpResponse.from({ headers: { ...FIELDS, 'Content-Length': '5000' }, body });
      const asked = request('gzip').with({ method: 'HEAD' });
      const response = await compressionLayer()({ serve: async () => given }).serve(asked);
      expect(fieldsOf(response)).toEqual([
        'Content-Type: text/plain',
        'ETag: W/"a"',
        'Vary: Accept-Encoding',
        'Content-Encoding: gzip',
      ]);
      response.body.cancel();
      expect(resources()['zlib-stream']).toBe(undefined);
    }
  });

  describe('where identity is forbidden', () => {
    it.each(['identity;q=0', '*;q=0', 'identity;q=0, compress'])(
      'answers %s with 406, and asks nobody',
      async (accept) => {
        let calls = 0;
        const inner = { serve: async () => HttpResponse.text(String(++calls)) };
        const response = await compressionLayer()(inner).serve(request(accept));
        expect([response.status, response.headers.get('vary'), calls]).toEqual([406, 'Accept-Encoding', 0]);
      },
    );

    it.each<[string, HttpResponseInit]>([
      ['short', { body: 'x' }],
      ['of another type', { body: TEXT, headers: { 'Content-Type': 'image/png' } }],
    ])('codes even content that is %s', async (_, init) => {
      const response = await answer(init, { accept: 'gzip, identity;q=0' });
      expect(response.headers.get('content-encoding')).toBe('gzip');
      expect(decode.gzip(await response.body.bytes()).length).toBeGreaterThan(0);
    });
  });

  describe('streams', () => {
    it.each(ALL_CODINGS)('reads nothing ahead with %s', async (coding) => {
      const chunks = Array.from({ length: 100 }, () => noise(50_000));
      const { body, seen } = bodyOf(chunks);
      const response = await answer({ body }, { accept: coding });
      await settle();
      expect(seen.reads).toBe(0);
      await response.body.read();
      await settle();
      // Codings hold back up to their window, and no more.
      expect(seen.reads).toBeLessThan(60);
      const { reads } = seen;
      await settle();
      expect(seen.reads).toBe(reads);
      response.body.cancel();
    });

    it.each(ALL_CODINGS)('frees its coder when cancelled before every chunk with %s', async (coding) => {
      for (let count = 0; count < 6; count++) {
        const { body, seen } = bodyOf(Array.from({ length: 5 }, () => noise(70_000)));
        const response = await answer({ body }, { accept: coding });
        for (let index = 0; index < count; index++) await response.body.read();
        expect(resources()['zlib-stream']).toBe(count === 0 ? undefined : 1);
        response.body.cancel('enough');
        expect(resources()['zlib-stream']).toBe(undefined);
        expect(seen.cancelledWith).toBe(count === 0 || seen.reads < 6 ? 'enough' : undefined);
      }
    });

    it('frees its coder when cancelled while it works, and the read under way fails with the reason', async () => {
      const { body } = bodyOf([noise(500_000)]);
      const response = await answer({ body });
      const reading = response.body.read();
      response.body.cancel('enough');
      await expect(reading).rejects.toBe('enough');
      expect(resources()['zlib-stream']).toBe(undefined);
    });

    it('fails with what the content fails with, and frees its coder', async () => {
      const error = new Error('disk');
      async function* broken() {
        yield Buffer.from(TEXT);
        throw error;
      }
      const response = await answer({ body: HttpBody.from(broken()) });
      await expect(response.body.bytes()).rejects.toBe(error);
      expect(resources()['zlib-stream']).toBe(undefined);
    });

    it.each(
      ALL_CODINGS.flatMap((coding) => [
        ['events', 'text/event-stream; charset=utf-8', coding] as const,
        ['messages, where their user wants them coded,', 'application/connect+json', coding] as const,
      ]),
    )('gives %s of %s at once with %s', async (_, type, coding) => {
      const events = ['data: 1\n\n', 'data: 2\n\n', 'data: 3\n\n'].map((text) => Buffer.from(text));
      const { body, seen } = bodyOf(events);
      const headers = { 'Content-Type': type };
      const response = await answer({ body, headers }, { accept: coding, isCompressible: () => true });
      const decoder = openDecoder(coding);
      for (let count = 1; count <= 3; count++) {
        // The first piece may be no more than a header; each event is there before the next one is asked for.
        while (!decoder.text().includes(`data: ${count}`)) {
          await decoder.write((await response.body.read()) ?? new Uint8Array(0));
          expect(seen.reads).toBe(count);
        }
      }
      response.body.cancel();
    });

    it.each(ALL_CODINGS)(
      'ends events early with %s, before the first, and while the next is waited for',
      async (coding) => {
        async function* events() {
          yield 'data: 1\n\n';
          await new Promise(() => {}); // what gives events may not hear that it shall end
        }
        for (const reads of [0, 1]) {
          const headers = { 'Content-Type': 'text/event-stream' };
          const { body } = await answer({ body: HttpBody.from(events()), headers }, { accept: coding });
          const chunks: Uint8Array[] = [];
          const decoder = openDecoder(coding);
          while (reads > 0 && !decoder.text().includes('data: 1')) {
            const chunk = (await body.read()) ?? new Uint8Array(0);
            chunks.push(chunk);
            await decoder.write(chunk);
          }
          const next = reads > 0 ? body.read() : undefined;
          await settle();
          expect([body.endEarly('enough'), body.endEarly('again')]).toEqual([true, true]);
          for (let chunk = await (next ?? body.read()); chunk !== undefined; chunk = await body.read())
            chunks.push(chunk);
          expect(decode[coding](Buffer.concat(chunks)).toString()).toBe('data: 1\n\n'.repeat(reads));
          expect(body.endEarly('too late')).toBe(false);
          expect(resources()['zlib-stream']).toBe(undefined);
        }
      },
    );

    it('does not end early what is no stream of events, or is given up', async () => {
      const { body } = await answer({ body: bodyOf([noise(500_000)]).body });
      expect(body.endEarly('enough')).toBe(false);
      body.cancel();
      expect(body.endEarly('enough')).toBe(false);
    });

    it('codes an empty stream as an empty one', async () => {
      const response = await answer({ body: bodyOf([]).body });
      expect(decode.gzip(await response.body.bytes()).length).toBe(0);
    });
  });

  it.each<[unknown]>([
    [{ codings: [] }],
    [{ codings: ['gzip', 'gzip'] }],
    [{ codings: ['compress'] }],
    [{ codings: 'gzip' }],
    [{ levels: { gzip: 0 } }],
    [{ levels: { gzip: 10 } }],
    [{ levels: { deflate: 10 } }],
    [{ levels: { br: 12 } }],
    [{ levels: { zstd: 20 } }],
    [{ levels: { zstd: 1.5 } }],
    [{ minBytes: -1 }],
    [{ isCompressible: true }],
    [{ flushEachChunk: true }],
  ])('refuses %o', (options) => {
    expect(() => compressionLayer(options as never)).toThrow(UsageError);
  });
});

it.each([
  ['text/html; charset=utf-8', true],
  ['TEXT/CSS', true],
  ['application/json', true],
  ['application/problem+json; x', true],
  ['image/svg+xml', true],
  ['application/wasm', true],
  ['application/x-ndjson', true],
  ['application/jsonx', false],
  ['image/png', false],
  ['video/mp4', false],
  ['application/octet-stream', false],
  ['application/grpc', false],
  ['application/grpc+json', false],
  ['Application/gRPC-Web+JSON', false],
  ['application/connect+json', false],
  ['application/connection+json', true],
  ['application/zip', false],
  ['', false],
])('takes %j for compressible: %s', (type, expected) => {
  expect(isCompressibleType(type)).toBe(expected);
});

const FIELDS = { 'Content-Type': 'text/plain', ETag: '"a"', 'Accept-Ranges': 'bytes', 'Content-Digest': 'sha-256=:x:' };

function request(accept: string | undefined): HttpRequest {
  return HttpRequest.from({
    target: 'http://app.test/',
    headers: accept === undefined ? {} : { 'Accept-Encoding': accept },
  });
}

function answer(
  init: HttpResponseInit,
  { accept, ...options }: CompressionLayerOptions & { readonly accept?: string | undefined } = { accept: 'gzip' },
): Promise<HttpResponse> {
  const given = HttpResponse.from({ headers: { 'Content-Type': 'text/plain' }, body: TEXT, ...init });
  const asks = Object.keys(options).length > 0 && accept === undefined ? 'gzip' : accept;
  return compressionLayer(options)({ serve: async () => given }).serve(request(asks));
}

function fieldsOf(response: HttpResponse): string[] {
  return Array.from(response.headers, ([name, value]) => `${name}: ${value}`);
}
