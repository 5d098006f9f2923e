import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HttpRequest as Request } from '@lamella/http';
import {
  ClientAddress,
  conditionalLayer,
  HttpBody,
  HttpRequest,
  HttpResponse,
  harRecordLayer,
  harReplayService,
  limitResponseLayer,
  rangeLayer,
  readForwardedLayer,
} from '@lamella/http';
import { rateLimitLayer } from '@lamella/layers';
import { stack } from '@lamella/service-core';
import { describe, expect, it } from 'vitest';
import { useLedger } from '../../support/ledger.ts';
import { nodeOrigin } from '../../support/node-origin.ts';
import { usePeers } from '../../support/peers.ts';
import { curl } from '../../support/run.ts';
import { serveHttp } from '../../support/serve-http.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { testClient } from '../../support/test-client.ts';

useLedger();
usePeers('curl');

const CONTENT = '0123456789'.repeat(1_000);

describe('ranges and conditions, asked by curl', () => {
  const app = stack(rangeLayer(), conditionalLayer({ etag: 'strong' }), {
    serve: async ({ path }: Request) =>
      path === '/stream'
        ? HttpResponse.from({ body: HttpBody.from(CONTENT.match(/.{1,7}/g) ?? [], { size: CONTENT.length }) })
        : HttpResponse.text(CONTENT),
  });

  it.each(['/whole', '/stream'])('sends parts of %s', async (path) => {
    const { url } = await serveHttp(app);
    expect((await curl('-r', '5-14', `${url}${path}`)).stdout).toBe('5678901234');
    expect((await curl('-r', '-3', `${url}${path}`)).stdout).toBe('789');
    expect((await curl('-r', '9990-', `${url}${path}`)).stdout).toBe('0123456789');
    const several = await curl('-i', '-r', '0-1,5000-5001', `${url}${path}`);
    expect(several.stdout).toMatch(
      /206 Partial Content[\s\S]*Content-Range: bytes 0-1\/10000\r\n\r\n01\r\n[\s\S]*\r\n\r\n01\r\n--/,
    );
    expect((await curl('-o', '/dev/null', '-w', '%{http_code}', '-r', '10000-', `${url}${path}`)).stdout).toBe('416');
    expect((await curl(`${url}${path}`)).stdout).toBe(CONTENT);
  });

  it('goes on with a download that broke off', async () => {
    const { url } = await serveHttp(app);
    const file = join(temporaryFolder(), 'part');
    writeFileSync(file, CONTENT.slice(0, 1_234));
    expect((await curl('-C', '-', '-o', file, `${url}/stream`)).code).toBe(0);
    expect(readFileSync(file, 'utf8')).toBe(CONTENT);
  });

  it('says 304 to --etag-compare', async () => {
    const { url } = await serveHttp(app);
    const file = join(temporaryFolder(), 'etag');
    expect((await curl('--etag-save', file, '-o', '/dev/null', `${url}/whole`)).code).toBe(0);
    const again = await curl('--etag-compare', file, '-w', '%{http_code} %{size_download}', `${url}/whole`);
    expect(again.stdout).toBe('304 0');
  });
});

describe('who asks, and how often', () => {
  it('believes no curl that says it is somebody else, unless curl is a trusted proxy', async () => {
    const service = { serve: async ({ extensions }: Request) => HttpResponse.text(`${extensions.get(ClientAddress)}`) };
    const strict = await serveHttp(stack(readForwardedLayer({ trusted: ['10.0.0.0/8'] }), service));
    const trusting = await serveHttp(stack(readForwardedLayer({ trusted: ['127.0.0.1'] }), service));
    const claim = ['-H', 'X-Forwarded-For: 10.0.0.1, 203.0.113.9'];
    expect((await curl(...claim, strict.url)).stdout).toBe('127.0.0.1');
    expect((await curl(...claim, trusting.url)).stdout).toBe('203.0.113.9');
  });

  it('tells curl to come again later', async () => {
    const limit = rateLimitLayer({ limit: 1, windowMs: 3_600_000 });
    const { url } = await serveHttp(stack(limitResponseLayer(), limit, { serve: async () => HttpResponse.text('hi') }));
    expect((await curl(url)).stdout).toBe('hi');
    const refused = await curl('-i', url);
    expect(refused.stdout).toMatch(/^HTTP\/1\.1 429 Too Many Requests\r\n[\s\S]*Retry-After: 3[0-9]{3}\r\n/);
  });
});

describe('HAR', () => {
  it('plays what node:http once answered back to curl', async () => {
    const origin = await nodeOrigin((request, response) => {
      response.writeHead(201, { 'X-Method': request.method ?? '', 'Set-Cookie': ['a=1', 'b=2'] });
      response.end(Buffer.from([0xff, 0x00, 0x0a]));
    });
    const recorder = harRecordLayer({ includesSensitive: true });
    const client = recorder(testClient());
    const live = await client.serve(HttpRequest.from({ method: 'PUT', target: `${origin.url}/x?y`, body: 'in' }));
    await live.body.bytes();

    const text = JSON.stringify(recorder.har());
    const { url } = await serveHttp(harReplayService(text, { matchOn: ['method', 'path', 'query', 'body'] }));
    const replayed = await curl('-i', '-X', 'PUT', '-d', 'in', `${url}/x?y`);
    const [head = '', body] = replayed.bytes.toString('latin1').split('\r\n\r\n');
    expect(body).toBe('\xff\0\n');
    expect(head).toMatch(/^HTTP\/1\.1 201 Created\r\n[\s\S]*X-Method: PUT\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n/);
    expect(recorder.har().log.entries[0]?.serverIPAddress).toBe('127.0.0.1');
  });
});
