import { LimitError, serviceFn, stack, UsageError } from '@lamella/service-core';
import { layerCases } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import { bodyOf, encode } from '../../../test/support/coding-tools.ts';
import { httpLayerSubject } from '../../../test/support/http-layer-subject.ts';
import { HttpBody } from '../../message/http-body.ts';
import { HttpRequest } from '../../message/http-request.ts';
import type { HttpResponseInit } from '../../message/http-response.ts';
import { HttpResponse } from '../../message/http-response.ts';
import { httpClientOn } from '../../testing/http-client-on.ts';
import { bodyLimitLayer } from '../body-limit/body-limit-layer.ts';
import { compressionLayer } from '../compression/compression-layer.ts';
import { ALL_CODINGS } from '../compression/content-coding.ts';
import type { DecompressionLayerOptions } from './decompression-layer.ts';
import { decompressionLayer } from './decompression-layer.ts';
import { requestDecompressionLayer } from './request-decompression-layer.ts';

const CONTENT = Buffer.from('all work and no play '.repeat(100));
const BOMB = encode.gzip(Buffer.alloc(4 * 1_048_576));

describe('decompressionLayer', () => {
  it.each(layerCases)('$name', ({ run }) => run(httpLayerSubject(decompressionLayer())));

  it.each(ALL_CODINGS)('asks for %s, and reads what compressionLayer gives', async (coding) => {
    const app = serviceFn(() => HttpResponse.from({ headers: { 'Content-Type': 'text/plain' }, body: CONTENT }));
    const client = httpClientOn(stack(compressionLayer(), app));
    const service = decompressionLayer({ codings: [coding] })(client);
    const response = await service.serve(HttpRequest.from({ target: 'http://app.test/' }));
    expect(response.headers.has('content-encoding')).toBe(false);
    expect(response.headers.get('vary')).toBe('Accept-Encoding');
    expect(await response.body.bytes()).toEqual(CONTENT);
    await client.close();
  });

  it.each([
    [{}, 'zstd, br, gzip, deflate'],
    [{ 'Accept-Encoding': 'gzip;q=0.5' }, 'gzip;q=0.5'],
    [{ Range: 'bytes=0-1' }, undefined],
  ])('asks with %o for %s', async (headers, expected) => {
    let seen: string | undefined;
    const inner = serviceFn((request: HttpRequest) => {
      seen = request.headers.get('accept-encoding');
      return HttpResponse.text('');
    });
    const request = HttpRequest.from({ target: 'http://app.test/', headers });
    await decompressionLayer()(inner).serve(request);
    expect(seen).toBe(expected);
    expect([...request.headers]).toEqual(Object.entries(headers));
  });

  it.each([
    ['gzip', encode.gzip(CONTENT)],
    ['X-GZIP', encode.gzip(CONTENT)],
    ['identity, gzip', encode.gzip(CONTENT)],
    ['gzip, br', encode.br(encode.gzip(CONTENT))],
    ['deflate', encode['deflate-raw'](CONTENT)],
  ])('decodes %s and takes off what spoke of the coded content', async (coding, body) => {
    const response = await answer({
      headers: {
        A: 'b',
        'Content-Encoding': coding,
        'Content-Length': String(body.length),
        'Content-Digest': 'x',
        ETag: '"a"',
      },
      body,
    });
    expect([...response.headers]).toEqual([
      ['A', 'b'],
      ['ETag', '"a"'],
    ]);
    expect(await response.body.bytes()).toEqual(CONTENT);
  });

  it.each<[string, HttpResponseInit, string?]>([
    ['without a coding', { headers: {} }],
    ['of identity', { headers: { 'Content-Encoding': 'identity' } }],
    ['of a coding that is not known', { headers: { 'Content-Encoding': 'compress' } }],
    ['of one known and one that is not', { headers: { 'Content-Encoding': 'gzip, aes128gcm' } }],
    ['of x-br, which there is not', { headers: { 'Content-Encoding': 'x-br' } }],
    ['that is a part', { status: 206, headers: { 'Content-Encoding': 'gzip' } }],
    ['of 304', { status: 304, headers: { 'Content-Encoding': 'gzip' } }],
    ['of 204', { status: 204, headers: { 'Content-Encoding': 'gzip' } }],
    ['to HEAD', { headers: { 'Content-Encoding': 'gzip', 'Content-Length': '9' } }, 'HEAD'],
  ])('leaves a response %s as it is', async (_, init, method = 'GET') => {
    const given = HttpResponse.from(init);
    const service = decompressionLayer()({ serve: async () => given });
    expect(await service.serve(HttpRequest.from({ method, target: 'http://app.test/' }))).toBe(given);
  });

  it('takes maxCodings codings, and rejects one more, with the response given up', async () => {
    const { body, seen } = bodyOf([CONTENT]);
    const output = answer({ headers: { 'Content-Encoding': 'gzip, gzip, gzip' }, body });
    await expect(output).rejects.toMatchObject({ limit: 'maxCodings', maximum: 2, observed: 3 });
    expect(seen.cancelledWith).not.toBe(undefined);
    const coded = encode.gzip(encode.gzip(encode.gzip(CONTENT)));
    const init = { headers: { 'Content-Encoding': 'gzip, gzip, gzip' }, body: coded };
    expect(await (await answer(init, { maxCodings: 3 })).body.bytes()).toEqual(CONTENT);
  });

  it('fails the body of a bomb', async () => {
    const response = await answer({ headers: { 'Content-Encoding': 'gzip' }, body: BOMB });
    await expect(response.body.bytes()).rejects.toMatchObject({ code: 'LML_ERR_LIMIT', limit: 'maxRatio' });
  });

  it.each<[unknown]>([
    [{ maxBytes: 0 }],
    [{ maxRatio: 0 }],
    [{ maxRatio: Number.NaN }],
    [{ maxFrames: 0 }],
    [{ maxFrames: 1.5 }],
    [{ maxSilentBytes: 0 }],
    [{ maxCodings: 0 }],
    [{ maxCodings: 9 }],
    [{ codings: [] }],
  ])('refuses %o', (options) => {
    expect(() => decompressionLayer(options as never)).toThrow(UsageError);
    expect(() => requestDecompressionLayer(options as never)).toThrow(UsageError);
  });
});

describe('requestDecompressionLayer', () => {
  it.each(layerCases)('$name', ({ run }) => run(httpLayerSubject(requestDecompressionLayer())));
  it.each(layerCases)('of a coded request: $name', ({ run }) =>
    run(httpLayerSubject(requestDecompressionLayer(), { headers: { 'Content-Encoding': 'gzip' } })),
  );

  it.each(ALL_CODINGS)('decodes %s on a connection', async (coding) => {
    const client = httpClientOn(requestDecompressionLayer()(echo));
    const response = await client.serve(post(encode[coding](CONTENT), coding));
    expect(await response.body.text()).toBe(`false false ${CONTENT}`);
    await client.close();
  });

  it('adds no step to a request without a coding', () => {
    const promise = Promise.resolve(HttpResponse.text(''));
    const service = requestDecompressionLayer()({ serve: () => promise });
    expect(service.serve(HttpRequest.from({ target: 'http://app.test/' }))).toBe(promise);
  });

  it.each(['compress', 'gzip, aes128gcm', 'gzip, gzip, gzip'])(
    'answers 415 to %s, and says what there is',
    async (coding) => {
      const response = await requestDecompressionLayer()(echo).serve(post(CONTENT, coding));
      expect([response.status, response.headers.get('accept-encoding')]).toEqual([415, 'zstd, br, gzip, deflate']);
    },
  );

  it.each<[string, Uint8Array, DecompressionLayerOptions, number, RegExp]>([
    ['a bomb', BOMB, {}, 413, /^413: the decoded content goes beyond maxRatio \(250\)\n$/],
    [
      'content that is too long',
      encode.gzip(CONTENT),
      { maxBytes: CONTENT.length - 1 },
      413,
      /beyond maxBytes \(\d+\)\n$/,
    ],
    ['corrupt content', CONTENT, {}, 400, /^400: the content is not in its coding\n$/],
    [
      'incomplete content',
      encode.gzip(CONTENT).subarray(0, 30),
      {},
      400,
      /^400: the content ends within its coding\n$/,
    ],
    [
      'content with something behind',
      Buffer.concat([encode.gzip(CONTENT), Buffer.from('x')]),
      {},
      400,
      /^400: the content /,
    ],
    ['content that is just short enough', encode.gzip(CONTENT), { maxBytes: CONTENT.length }, 200, /./],
  ])('answers %s, and says why', async (_, body, options, status, says) => {
    const client = httpClientOn(requestDecompressionLayer(options)(echo));
    const response = await client.serve(post(body, 'gzip'));
    expect(response.status).toBe(status);
    expect(await response.body.text()).toMatch(says);
    await client.close();
  });

  it('lets a limit of what was sent be told by whoever has set it', async () => {
    const limited = bodyLimitLayer({ maxBytes: 10 })(requestDecompressionLayer()(echo));
    const request = post(encode.gzip(CONTENT), 'gzip');
    const response = await limited.serve(request.with({ body: HttpBody.from([encode.gzip(CONTENT)]) }));
    expect([response.status, await response.body.text()]).toEqual([
      413,
      '413: the content goes beyond maxBytes (10)\n',
    ]);
  });

  it('leaves other failures, and a service that answers itself, alone', async () => {
    // Of the kind that is answered with 413, but not of ours.
    const error = new LimitError({ limit: 'maxWaiting', maximum: 1, observed: 2 });
    const failing = serviceFn(async ({ body }: HttpRequest): Promise<HttpResponse> => {
      await body.bytes().catch(() => {});
      throw error;
    });
    for (const content of [encode.gzip(CONTENT), CONTENT]) {
      await expect(requestDecompressionLayer()(failing).serve(post(content, 'gzip'))).rejects.toBe(error);
    }
    const patient = serviceFn(async ({ body }: HttpRequest) =>
      HttpResponse.text(await body.text().catch(() => 'so what')),
    );
    const response = await requestDecompressionLayer()(patient).serve(post(CONTENT, 'gzip'));
    expect(await response.body.text()).toBe('so what');
  });
});

const echo = serviceFn(async ({ headers, body }: HttpRequest) =>
  HttpResponse.text(`${headers.has('content-encoding')} ${headers.has('content-length')} ${await body.text()}`),
);

function post(body: Uint8Array, coding: string): HttpRequest {
  return HttpRequest.from({
    method: 'POST',
    target: 'http://app.test/',
    headers: { 'Content-Encoding': coding },
    body,
  });
}

function answer(init: HttpResponseInit, options: DecompressionLayerOptions = {}): Promise<HttpResponse> {
  const given = HttpResponse.from(init);
  return decompressionLayer(options)({ serve: async () => given }).serve(
    HttpRequest.from({ target: 'http://app.test/' }),
  );
}
