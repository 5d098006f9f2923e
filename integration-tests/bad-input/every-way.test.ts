import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import type { HttpRequest as Request } from '@lamella/http';
import {
  decompressionLayer,
  followRedirectLayer,
  HttpBody,
  HttpHeaders,
  HttpRequest,
  HttpResponse,
  requestDecompressionLayer,
} from '@lamella/http';
import { serviceFn, stack } from '@lamella/service-core';
import { bodyService, multipartBody, staticFilesService } from '@lamella/web';
import { describe, expect, it } from 'vitest';
import { useLedger } from '../support/ledger.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { OpenWay } from './support/ways.ts';
import { openWay, WAYS } from './support/ways.ts';

// What layers and services refuse does not hang on the version of HTTP, nor on TLS; and what comes next works.

useLedger();

const ZEROS = Buffer.alloc(16 * 1_048_576);
const BOMBS = Object.entries({
  gzip: gzipSync(ZEROS),
  deflate: deflateSync(ZEROS),
  br: brotliCompressSync(ZEROS),
  zstd: zstdCompressSync(ZEROS),
});

describe.each(WAYS)('by %s', (way) => {
  it.each(BOMBS)('a request that is a bomb of %s is answered with 413 and the limit', async (coding, bomb) => {
    const count = serviceFn(async ({ body }: Request) => HttpResponse.text(`${(await body.bytes()).length}`));
    const server = await openWay(way, stack(requestDecompressionLayer(), count));
    expect(await post(server, bomb, { 'Content-Encoding': coding })).toEqual([
      413,
      '413: the decoded content goes beyond maxRatio (250)\n',
    ]);
    expect(await post(server, 'small')).toEqual([200, '5']);
    expect(server.errors).toEqual([]);
  });

  it.each(BOMBS)('a response that is a bomb of %s fails its reader with the limit', async (coding, bomb) => {
    const headers = { 'Content-Encoding': coding };
    const service = serviceFn(({ path }: Request) =>
      path === '/bomb' ? HttpResponse.from({ headers, body: bomb }) : HttpResponse.text('small'),
    );
    const server = await openWay(way, service);
    const client = decompressionLayer()(server.client);
    const { body } = await client.serve(HttpRequest.from({ target: `${server.url}/bomb` }));
    await expect(body.bytes()).rejects.toMatchObject({ code: 'LML_ERR_LIMIT', limit: 'maxRatio' });
    expect(await get(server, '/')).toEqual([200, 'small']);
    expect(server.errors).toEqual([]);
  });

  it('a multipart body that never ends is answered with 413 and the limit', async () => {
    const read = bodyService(multipartBody({ maxBytes: 100_000 }), async (parts) => {
      let size = 0;
      for await (const part of parts) for await (const chunk of part.body) size += chunk.length;
      return HttpResponse.text(String(size));
    });
    const server = await openWay(way, read);
    const headers = { 'Content-Type': 'multipart/form-data; boundary=b' };
    const [status, text] = await post(server, endlessPart(), headers);
    expect([status, JSON.parse(text)]).toMatchObject([413, { limit: 'maxBytes', maximum: 100_000 }]);
    expect(await post(server, `${PART}abc\r\n--b--\r\n`, headers)).toEqual([200, '3']);
    expect(server.errors).toEqual([]);
  });

  it.each(['many', 'long'] as const)('%s trailers end a request', async (kind) => {
    const echo = serviceFn(async ({ body }: Request) => {
      const content = await body.text();
      return HttpResponse.text(`${content}${[...(body.trailers ?? [])].length}`);
    });
    const server = await openWay(way, echo);
    const body = HttpBody.from(pieces('content'), { trailers: () => TRAILERS[kind] });
    const answer = await post(server, body).catch((error: { readonly code: string }) => error.code);
    expect(answer).toEqual(REFUSED_TRAILERS[way.startsWith('HTTP/2') ? kind : 'http1']);
    expect(await post(server, HttpBody.from(pieces('next'), { trailers: () => FEW }))).toEqual([200, 'next3']);
  });

  it.each(['many', 'long'] as const)('%s trailers fail the reader of a response', async (kind) => {
    const headers = { Trailer: 'X-A' };
    const service = serviceFn(({ path }: Request) =>
      path === '/bad'
        ? HttpResponse.from({ headers, body: HttpBody.from(pieces('content'), { trailers: () => TRAILERS[kind] }) })
        : HttpResponse.text('next'),
    );
    const server = await openWay(way, service);
    const [code, errors] = UNREAD_TRAILERS[way.startsWith('HTTP/2') ? kind : 'http1'];
    await expect(get(server, '/bad')).rejects.toMatchObject({ code });
    expect(server.errors).toMatchObject(errors);
    expect(await get(server, '/')).toEqual([200, 'next']);
  });

  it('no spelling of a path leads out of the root', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'site/below'), { recursive: true });
    for (const name of ['secret.txt', 'site/.hidden', 'site/open.txt']) writeFileSync(join(folder, name), name);
    const server = await openWay(way, staticFilesService({ root: join(folder, 'site') }));
    for (const path of ESCAPES) {
      const [status, text] = await get(server, path);
      expect([path, status, text.includes('secret.txt') || text.includes('.hidden')]).toEqual([
        path,
        expect.toSatisfy((code: number) => code === 400 || code === 404),
        false,
      ]);
    }
    expect(await get(server, '/open.txt')).toEqual([200, 'site/open.txt']);
  });

  it('redirects in a circle, without an end, and to where there is no TLS, are not followed', async () => {
    const to = (Location: string): HttpResponse => HttpResponse.from({ status: 302, headers: { Location } });
    const service = serviceFn(({ path }: Request) => {
      if (path === '/circle') return to('/circle');
      if (path === '/down') return to('http://app.test/open');
      if (path === '/open') return HttpResponse.text('open');
      return to(`${path}/more`);
    });
    const server = await openWay(way, service);
    const client = followRedirectLayer()(server.client);
    const code = (path: string): Promise<unknown> =>
      client.serve(HttpRequest.from({ target: `${server.url}${path}` })).then(
        ({ status }) => status,
        (error: { readonly code: string }) => error.code,
      );
    expect(await code('/circle')).toBe('LML_ERR_HTTP_REDIRECT_LOOP');
    expect(await code('/endless')).toBe('LML_ERR_HTTP_REDIRECT_TOO_MANY');
    expect(await code('/down')).toBe(way.endsWith('TLS') ? 'LML_ERR_HTTP_REDIRECT_DOWNGRADE' : 200);
    expect(await code('/open')).toBe(200);
  });
});

async function post(
  { client, url }: OpenWay,
  body: HttpBody | Uint8Array | string | AsyncIterable<string>,
  headers: Record<string, string> = {},
): Promise<[status: number, text: string]> {
  const response = await client.serve(HttpRequest.from({ method: 'POST', target: url, headers, body }));
  return [response.status, await response.body.text()];
}

async function get({ client, url }: OpenWay, path: string): Promise<[status: number, text: string]> {
  const response = await client.serve(HttpRequest.from({ target: `${url}${path}` }));
  return [response.status, await response.body.text()];
}

async function* pieces(...texts: readonly string[]): AsyncGenerator<string> {
  yield* texts;
}

async function* endlessPart(): AsyncGenerator<string> {
  yield PART;
  for (;;) yield 'x'.repeat(10_000);
}

const PART = '--b\r\nContent-Disposition: form-data; name="a"; filename="b"\r\n\r\n';

const FEW = HttpHeaders.from({ 'X-A': 'a', 'X-B': 'b', 'X-C': 'c' });
const TRAILERS = {
  many: HttpHeaders.from(Array.from({ length: 1_000 }, (_, index) => [`X-${index}`, 'a'] as const)),
  long: HttpHeaders.from({ 'X-A': 'a'.repeat(1_000_000) }),
};
/** By HTTP/2 a section that is too long can't be skipped, so the connection goes with it; of one with many fields the stream alone is over. */
const REFUSED_TRAILERS = {
  http1: [431, 'Request Header Fields Too Large\n'],
  many: 'LML_ERR_HTTP_STREAM_RESET',
  long: 'LML_ERR_HTTP_CONNECTION_CLOSED',
};

/** By HTTP/2, clients say how long a section they take, and our server keeps to that: the response can't be completed then. */
const UNREAD_TRAILERS = {
  http1: ['LML_ERR_HTTP1_TRAILERS_TOO_LARGE', []],
  many: ['LML_ERR_HTTP2_HEADERS_TOO_LARGE', []],
  long: ['LML_ERR_HTTP_STREAM_RESET', [{ code: 'LML_ERR_HTTP2_HEADERS_TOO_LARGE', origin: 'local' }]],
} as const;

const UP = [
  '..',
  '%2e%2e',
  '.%2E',
  '%2e.',
  '%252e%252e',
  '..%00',
  '%c0%ae%c0%ae',
  '..;a=b',
  '%uff0e%uff0e',
  '%ef%bc%8e%ef%bc%8e',
  '....',
];
const SLASHES = ['/', '//', '%2f', '%2F', '\\', '%5c', '%255c', '/./', '%c0%af', '/below/../'];
const ESCAPES = [
  ...UP.flatMap((up) => SLASHES.map((slash) => `/${up}${slash}secret.txt`)),
  ...UP.map((up) => `/below/${up}/${up}/secret.txt`),
  '/.hidden',
  '/%2ehidden',
  '/below/%2e%2e/.hidden',
];
