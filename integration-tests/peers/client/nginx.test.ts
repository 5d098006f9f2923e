import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { HttpResponse } from '@lamella/http';
import { HttpBody, HttpRequest } from '@lamella/http';
import { describe, expect, it } from 'vitest';
import type { ForeignServer } from '../../support/foreign-servers.ts';
import { startNginx } from '../../support/foreign-servers.ts';
import { useLedger } from '../../support/ledger.ts';
import { patternChunks, patternSum, sha1 } from '../../support/pattern.ts';
import { usePeers } from '../../support/peers.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { testClient } from '../../support/test-client.ts';

usePeers('nginx');
useLedger();

describe('our client and nginx', () => {
  it('keeps one connection for request after request', async () => {
    const { get, client } = await setup();
    for (let number = 0; number < 50; number++) expect(await (await get('/hello')).body.text()).toBe('hello');
    expect(client.gauges()).toMatchObject([{ open: 1, idle: 1 }]);
  });

  it('replaces connections that nginx closes after some requests, and nobody notices', async () => {
    const { get } = await setup({ http: 'keepalive_requests 3;', isLimited: true });
    const bodies = Array.from({ length: 30 }, async () => (await get('/hello')).body.text());
    expect(await Promise.all(bodies)).toEqual(Array<string>(30).fill('hello'));
    for (let number = 0; number < 20; number++) expect(await (await get('/hello')).body.text()).toBe('hello');
  });

  it('reads the head that answers HEAD, and goes on with the connection', async () => {
    const { send, get, client } = await setup();
    const response = await send({ method: 'HEAD' }, '/hello');
    expect(response.headers.get('content-length')).toBe('5');
    expect(await response.body.text()).toBe('');
    expect(await (await get('/hello')).body.text()).toBe('hello');
    expect(client.gauges()).toMatchObject([{ open: 1 }]);
  });

  it('asks again only if something changed', async () => {
    const { get, client } = await setup();
    const first = await get('/file');
    const etag = first.headers.get('etag') ?? '';
    await first.body.text();
    const second = await get('/file', [['If-None-Match', etag]]);
    expect([second.status, await second.body.text()]).toEqual([304, '']);
    expect((await get('/status/204')).status).toBe(204);
    expect(client.gauges()).toMatchObject([{ open: 1 }]);
  });

  it('gets ranges, one and several', async () => {
    const { get } = await setup();
    const one = await get('/file', [['Range', 'bytes=2-4']]);
    expect([one.status, await one.body.text()]).toEqual([206, '234']);
    const several = await get('/file', [['Range', 'bytes=0-1,8-9']]);
    expect(several.headers.get('content-type')).toMatch(/^multipart\/byteranges/);
    expect(await several.body.text()).toMatch(/\r\n\r\n01\r\n[\s\S]*\r\n\r\n89\r\n/);
  });

  it('gets chunks, compressed as they came', async () => {
    const { get } = await setup();
    const response = await get('/text', [['Accept-Encoding', 'gzip']]);
    expect(response.headers.get('content-encoding')).toBe('gzip');
    expect(response.headers.get('transfer-encoding')).toBe('chunked');
    expect(gunzipSync(await response.body.bytes()).toString()).toBe('compress me '.repeat(1_000));
  });

  it('gets a large file whole, at its own pace', async () => {
    const { get } = await setup();
    const response = await get('/large');
    expect(response.body.size).toBe(LARGE);
    expect(sha1(await response.body.bytes({ maxBytes: LARGE }))).toBe(patternSum(LARGE));
  });

  it.each(['with its length', 'in chunks'])('uploads a large file %s', async (how) => {
    const { send, folder } = await setup();
    const size = how === 'in chunks' ? {} : { size: LARGE };
    const body = HttpBody.from(patternChunks(LARGE), size);
    const response = await send({ method: 'PUT', body }, '/up/file');
    expect(response.status).toBe(201);
    expect(sha1(readFileSync(join(folder, 'up', 'file')))).toBe(patternSum(LARGE));
  });

  it('hears of 413 before it has sent everything', async () => {
    const { send } = await setup({ http: 'client_max_body_size 1k;', isLimited: true });
    const body = HttpBody.from(patternChunks(LARGE), { size: LARGE });
    const response = await send({ method: 'PUT', body }, '/up/file');
    expect(response.status).toBe(413);
    response.body.cancel();
  });

  it('sends nothing where 100 is waited for and refused', async () => {
    const { send } = await setup({ http: 'client_max_body_size 1k;', isLimited: true });
    let sentBytes = 0;
    const body = HttpBody.from(
      counted((bytes) => (sentBytes += bytes)),
      { size: LARGE },
    );
    const response = await send({ method: 'PUT', body, headers: [['Expect', '100-continue']] }, '/up/file');
    expect([response.status, sentBytes]).toEqual([413, 0]);
    response.body.cancel();
  });

  it('gives up a download in the middle, and goes on', async () => {
    const { get } = await setup();
    const response = await get('/large');
    expect(await response.body.read()).toBeInstanceOf(Uint8Array);
    response.body.cancel();
    expect(await (await get('/hello')).body.text()).toBe('hello');
  });

  it('closes the connection with a server that it has asked to', async () => {
    const { send, client } = await setup();
    const response = await send({ headers: [['Connection', 'close']] }, '/hello');
    expect(response.headers.get('connection')).toBe('close');
    expect(await response.body.text()).toBe('hello');
    expect(client.gauges()).toEqual([]);
  });

  it('tells of a server that closes without a word, and goes on', async () => {
    const { get } = await setup();
    await expect(get('/close')).rejects.toMatchObject({ code: 'LML_ERR_HTTP_CONNECTION_CLOSED' });
    expect(await (await get('/hello')).body.text()).toBe('hello');
  });

  it('is refused a method, and a request line that is too long', async () => {
    const { send, get } = await setup();
    expect((await send({ method: 'BREW' }, '/file')).status).toBe(405);
    expect((await get(`/${'x'.repeat(20_000)}`)).status).toBe(414);
  });

  it('sends hundreds of requests at once, over no more connections than it may', async () => {
    const { get, client } = await setup({ maxConnectionsPerOrigin: 8 });
    const bodies = await Promise.all(Array.from({ length: 400 }, async () => (await get('/text')).body.text()));
    expect(new Set(bodies)).toEqual(new Set(['compress me '.repeat(1_000)]));
    expect(client.gauges()).toMatchObject([{ open: 8, idle: 8 }]);
  });
});

interface SetupOptions {
  readonly http?: string;
  /** Whether `http` sets what is set to no limit otherwise. */
  readonly isLimited?: boolean;
  readonly maxConnectionsPerOrigin?: number;
}

async function setup({ http = '', isLimited = false, maxConnectionsPerOrigin = 256 }: SetupOptions = {}) {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'file'), '0123456789');
  writeFileSync(join(folder, 'text'), 'compress me '.repeat(1_000));
  writeFileSync(join(folder, 'large'), Buffer.concat([...patternChunks(LARGE)]));
  const locations = `
    root ${folder};
    location = /hello { return 200 "hello"; }
    location = /status/204 { return 204; }
    location = /close { return 444; }
    location = /text { gzip on; gzip_min_length 1; gzip_types *; }
    location /up/ { dav_methods PUT; create_full_put_path on; }
    ${isLimited ? http : ''}`;
  const nginx: ForeignServer = await startNginx(locations, isLimited ? '' : http);
  const client = testClient({ maxConnectionsPerOrigin });
  const send = (init: Partial<Parameters<typeof HttpRequest.from>[0]>, path: string): Promise<HttpResponse> =>
    client.serve(HttpRequest.from({ ...init, target: `${nginx.url}${path}` }));
  const get = (path: string, headers: readonly (readonly [string, string])[] = []): Promise<HttpResponse> =>
    send({ headers }, path);
  return { folder, client, send, get };
}

function* counted(onBytes: (byteCount: number) => void): Generator<Uint8Array> {
  for (const chunk of patternChunks(LARGE)) {
    onBytes(chunk.length);
    yield chunk;
  }
}

const LARGE = 20 * 1024 * 1024;
