import { execFileSync } from 'node:child_process';
import { appendFile, mkdir, mkdtemp, rename, rm, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HttpRequest, HttpResponse } from '@lamella/http';
import { httpClientOn } from '@lamella/http/testing';
import { checkLedger } from '@lamella/net-core/testing';
import { UsageError } from '@lamella/service-core';
import { FakeClock } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StaticFilesOptions } from '../index.ts';
import { router, staticFilesService } from '../index.ts';

checkLedger({ beforeEach, afterEach });

let folder = '';
let root = '';
const LARGE = Buffer.alloc(300_000).map((_byte, index) => index % 251);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lamella-static-'));
  root = join(folder, 'root');
  await mkdir(join(root, 'docs', 'deep'), { recursive: true });
  await mkdir(join(root, 'empty'));
  await mkdir(join(folder, 'root-secret'));
  await writeFile(join(root, 'hello.txt'), 'hello world');
  await writeFile(join(root, 'large.bin'), LARGE);
  await writeFile(join(root, 'none.txt'), '');
  await writeFile(join(root, 'docs', 'index.html'), '<p>docs</p>');
  await writeFile(join(root, 'docs', 'a b&<c>.txt'), 'odd');
  await writeFile(join(root, '.env'), 'SECRET=1');
  await writeFile(join(folder, 'secret.txt'), 'secret');
  await writeFile(join(folder, 'root-secret', 'x.txt'), 'secret');
});
afterEach(() => rm(folder, { recursive: true }));

function serve(options: Partial<StaticFilesOptions> = {}) {
  const clock = new FakeClock();
  const service = staticFilesService({ root, clock, ...options });
  const get = async (target: string, headers: Record<string, string> = {}, method = 'GET') => {
    const response = await service.serve(HttpRequest.from({ method, target, headers }));
    const bytes = await response.body.bytes();
    return {
      status: response.status,
      headers: response.headers,
      bytes: Buffer.from(bytes),
      body: Buffer.from(bytes).toString(),
    };
  };
  return { clock, service, get };
}

describe('files', () => {
  it('are sent with what clients and caches need to know', async () => {
    const { get } = serve();
    for (let round = 0; round < 2; round++) {
      const { status, headers, body } = await get('/hello.txt');
      expect([status, body]).toEqual([200, 'hello world']);
      expect(headers.get('content-type')).toBe('text/plain; charset=utf-8');
      expect(headers.get('etag')).toMatch(/^"[0-9a-z-]+"$/);
      expect(Date.parse(headers.get('last-modified') ?? '')).not.toBeNaN();
      expect(headers.get('cache-control')).toBe('public, max-age=0');
      expect(headers.get('accept-ranges')).toBe('bytes');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.has('vary')).toBe(false);
    }
  });

  it.each(['/hello.txt', '/large.bin', '/none.txt', '/docs/a%20b&%3Cc%3E.txt', '/hello.txt?query'])(
    '%s: HEAD says what GET would',
    async (path) => {
      const { get } = serve();
      const whole = await get(path);
      const head = await get(path, {}, 'HEAD');
      expect([head.status, head.body]).toEqual([200, '']);
      expect(head.headers.get('content-length')).toBe(String(whole.bytes.length));
      expect(head.headers.get('etag')).toBe(whole.headers.get('etag'));
    },
  );

  it('that are large come in pieces, and are closed whenever the reader leaves', async () => {
    const { service, get } = serve();
    expect((await get('/large.bin')).bytes.equals(LARGE)).toBe(true);
    for (let reads = 0; reads <= 6; reads++) {
      const { body } = await service.serve(HttpRequest.from({ target: '/large.bin' }));
      for (let count = 0; count < reads; count++) await body.read();
      if (reads === 3) void body.read(); // a read is under way
      body.cancel();
    }
  });

  it('have the type of their name', async () => {
    const types: Record<string, string> = {
      'a.html': 'text/html; charset=utf-8',
      'a.css': 'text/css; charset=utf-8',
      'a.js': 'text/javascript; charset=utf-8',
      'a.json': 'application/json; charset=utf-8',
      'a.svg': 'image/svg+xml; charset=utf-8',
      'a.png': 'image/png',
      'a.wasm': 'application/wasm',
      'a.HTML': 'text/html; charset=utf-8',
      noextension: 'application/octet-stream',
      'a.unknown-type': 'application/octet-stream',
    };
    const { get } = serve();
    for (const [name, type] of Object.entries(types)) {
      await writeFile(join(root, name), 'x');
      expect([name, (await get(`/${name}`)).headers.get('content-type')]).toEqual([name, type]);
    }
  });

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE'])('%s gets 405', async (method) => {
    const { status, headers } = await serve().get('/hello.txt', {}, method);
    expect([status, headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });

  it('Cache-Control may depend on the path, or be left out', async () => {
    const { get } = serve({ cacheControl: (path) => (path.startsWith('docs/') ? 'no-store' : undefined) });
    expect((await get('/docs/')).headers.get('cache-control')).toBe('no-store');
    expect((await get('/hello.txt')).headers.has('cache-control')).toBe(false);
  });
});

describe('folders', () => {
  it('stand for their index, behind a slash', async () => {
    const { get } = serve();
    expect((await get('/docs/')).body).toBe('<p>docs</p>');
    const moved = await get('/docs?a=b');
    expect([moved.status, moved.headers.get('location')]).toEqual([308, '/docs/?a=b']);
    expect((await get('/docs/index.html/')).status).toBe(404);
    expect((await get('/empty/')).status).toBe(404);
    expect((await get('/')).status).toBe(404);
  });

  it('redirect to where they are mounted', async () => {
    const app = router().mount('/site', staticFilesService({ root, index: ['hello.txt'] }));
    const ask = async (target: string) => {
      const { status, headers } = await app.serve(HttpRequest.from({ target }));
      return `${status} ${headers.get('location') ?? ''}`;
    };
    expect(await ask('/site')).toBe('308 /site/');
    expect(await ask('/site?a')).toBe('308 /site/?a');
    expect(await ask('/site/')).toBe('200 ');
    expect(await ask('/site/docs?a')).toBe('308 /site/docs/?a');
  });

  it('are listed if that is wanted, with nothing hidden and nothing injected', async () => {
    await symlink(join(folder, 'secret.txt'), join(root, 'docs', 'link.txt'));
    await writeFile(join(root, 'docs', 'javascript:alert(1)'), '');
    const { get } = serve({ listing: true, index: [] });
    const html = await get('/docs/', { Accept: 'text/html' });
    expect(html.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(html.body).toContain('<a href="./a%20b&#38;%3Cc%3E.txt">a b&#38;&#60;c&#62;.txt</a>');
    expect(html.body).toContain('href="./javascript:alert(1)"');
    expect(html.body).toContain('<a href="./deep/">deep/</a>');
    expect(html.body).not.toContain('link.txt');
    const json = JSON.parse((await get('/docs/', { Accept: 'application/json' })).body);
    expect(json).toMatchObject({ path: '/docs/' });
    expect(json.entries.map(({ name }: { name: string }) => name)).toEqual([
      'a b&<c>.txt',
      'deep',
      'index.html',
      'javascript:alert(1)',
    ]);
    expect((await get('/')).body).not.toContain('.env');
    expect((await get('/docs/deep/')).body).toContain('href="../"');
  });

  it('are listed up to a bound', async () => {
    for (let count = 0; count < 20; count++) await writeFile(join(root, 'empty', `file${count}`), '');
    const { get } = serve({ listing: true, maxListed: 5 });
    expect(JSON.parse((await get('/empty/', { Accept: 'application/json' })).body).entries).toHaveLength(5);
  });
});

describe('paths that lead elsewhere', () => {
  it.each([
    '/../secret.txt',
    '/..%2fsecret.txt',
    '/%2e%2e/secret.txt',
    '/%2e%2e%2fsecret.txt',
    '/.%2e/secret.txt',
    '/docs/../../secret.txt',
    '/docs/%2e%2e/%2e%2e/secret.txt',
    '/..%5csecret.txt',
    '/..\\secret.txt',
    '/%252e%252e/secret.txt',
    '/%c0%ae%c0%ae/secret.txt',
    '/%e0%80%ae%e0%80%ae/secret.txt',
    '/%uff0e%uff0e/secret.txt',
    '/.../secret.txt',
    '//etc/passwd',
    '/%2fetc/passwd',
    '///etc/passwd',
    '/C:/Windows/win.ini',
    '/hello.txt%00.html',
    '/hello.txt%00',
    '/%00',
    '/hello.txt/',
    '/hello.txt/x',
    '/./hello.txt',
    '/docs//index.html',
    '/docs/./index.html',
    '/.env',
    '/%2eenv',
    '/docs/..;/secret.txt',
    '/../root-secret/x.txt',
    '/%ff',
    '/%',
    '/hello%2Etxt%2F..%2F..%2Fsecret.txt',
    `/${'a/'.repeat(3_000)}`,
    `/${'a'.repeat(5_000)}`,
    '/empty/%0d%0aSet-Cookie:x',
  ])('%s is not there', async (path) => {
    for (const symlinks of ['inside', 'refused', 'followed'] as const) {
      const { get } = serve({ symlinks, listing: true });
      const { status, body, headers } = await get(path);
      expect(status).toBe(404);
      expect(body).not.toMatch(/secret|SECRET|root:/);
      expect(headers.get('location')).toBeUndefined();
    }
  });

  it('hidden files are served only if that is wanted', async () => {
    expect((await serve({ dotfiles: 'served' }).get('/.env')).body).toBe('SECRET=1');
    expect((await serve({ dotfiles: 'served' }).get('/../secret.txt')).status).toBe(404);
  });

  it('links do what they may', async () => {
    await symlink(join(root, 'hello.txt'), join(root, 'inside.txt'));
    await symlink(join(folder, 'secret.txt'), join(root, 'outside.txt'));
    await symlink(join(folder, 'root-secret'), join(root, 'sibling'));
    await symlink(join(root, 'loop'), join(root, 'loop'));
    const statuses = async (symlinks: 'inside' | 'refused' | 'followed') => {
      const { get } = serve({ symlinks });
      const paths = ['/inside.txt', '/outside.txt', '/sibling/x.txt', '/loop'];
      return Promise.all(paths.map(async (path) => (await get(path)).status));
    };
    expect(await statuses('inside')).toEqual([200, 404, 404, 404]);
    expect(await statuses('refused')).toEqual([404, 404, 404, 404]);
    expect(await statuses('followed')).toEqual([200, 200, 200, 404]);
  });

  it('links inside of the root lead to hidden files only if those are served, or links lead anywhere', async () => {
    await mkdir(join(root, 'docs', '.git'));
    await writeFile(join(root, 'docs', '.git', 'config'), 'SECRET=2');
    await symlink(join(root, '.env'), join(root, 'env-link'));
    await symlink(join('docs', '.git'), join(root, 'git-link'));
    await symlink('docs', join(root, 'docs-link'));
    await symlink(join(root, '.env'), join(root, 'hello.txt.gz'));
    const statuses = async (options: Partial<StaticFilesOptions>) => {
      const { get } = serve(options);
      const paths = ['/env-link', '/git-link/config', '/docs-link/', '/docs-link/.git/config'];
      return Promise.all(paths.map(async (path) => (await get(path)).status));
    };
    expect(await statuses({})).toEqual([404, 404, 200, 404]);
    expect(await statuses({ dotfiles: 'served' })).toEqual([200, 200, 200, 200]);
    expect(await statuses({ symlinks: 'followed' })).toEqual([200, 200, 200, 404]);
    const coded = await serve({ precompressed: ['gzip'] }).get('/hello.txt', { 'Accept-Encoding': 'gzip' });
    expect([coded.body, coded.headers.has('content-encoding')]).toEqual(['hello world', false]);
  });

  it('below a root whose own path has a name with a dot, links lead to what is not hidden', async () => {
    const hidden = join(folder, '.site');
    await mkdir(hidden);
    await writeFile(join(hidden, 'a.txt'), 'a');
    await symlink('a.txt', join(hidden, 'b.txt'));
    expect((await serve({ root: hidden }).get('/b.txt')).body).toBe('a');
  });

  it('a link that is put in the place of a file is not followed out', async () => {
    const { get, clock } = serve();
    await get('/hello.txt');
    await rm(join(root, 'hello.txt'));
    await symlink(join(folder, 'secret.txt'), join(root, 'hello.txt'));
    expect((await get('/hello.txt')).body).toBe('hello world'); // still fresh
    clock.advance(1_000);
    expect((await get('/hello.txt')).status).toBe(404);
    const uncached = serve({ maxCachedFileBytes: 0 });
    await uncached.get('/large.bin');
    await rm(join(root, 'large.bin'));
    await symlink(join(folder, 'secret.txt'), join(root, 'large.bin'));
    expect((await uncached.get('/large.bin')).status).toBe(404);
  });

  it('pipes are never opened', async () => {
    execFileSync('mkfifo', [join(root, 'pipe')]);
    const { get } = serve({ listing: true });
    expect((await get('/pipe')).status).toBe(404);
    expect((await get('/')).body).not.toContain('pipe');
  });

  it('a prefix is taken off by whole segments, and nothing else is served', async () => {
    const { get } = serve({ prefix: '/assets' });
    expect((await get('/assets/hello.txt')).status).toBe(200);
    for (const path of [
      '/hello.txt',
      '/assetshello.txt',
      '/assets/../hello.txt',
      '/Assets/hello.txt',
      '/%61ssets/hello.txt',
    ]) {
      expect((await get(path)).status).toBe(404);
    }
    expect((await get('/assets')).headers.get('location')).toBe('/assets/');
  });

  it('what is not there is answered by somebody else, if there is one', async () => {
    const { get } = serve({ notFound: { serve: async ({ path }) => HttpResponse.text(`app ${path}`) } });
    expect((await get('/any/route')).body).toBe('app /any/route');
  });
});

describe('conditions and ranges', () => {
  it('tell a client that has the file already', async () => {
    const { get } = serve();
    const { headers } = await get('/hello.txt');
    const etag = headers.get('etag') ?? '';
    const modified = headers.get('last-modified') ?? '';
    for (const condition of [{ 'If-None-Match': `"x", ${etag}` }, { 'If-Modified-Since': modified }]) {
      const known = await get('/hello.txt', condition as Record<string, string>);
      expect([known.status, known.body, known.headers.get('etag')]).toEqual([304, '', etag]);
      expect(known.headers.has('content-type')).toBe(false);
    }
    expect((await get('/hello.txt', { 'If-None-Match': '"x"' })).status).toBe(200);
    expect((await get('/hello.txt', { 'If-Match': '"x"' })).status).toBe(412);
    expect(
      (await get('/large.bin', { 'If-None-Match': (await get('/large.bin')).headers.get('etag') ?? '' })).status,
    ).toBe(304);
  });

  it.each([
    ['/hello.txt', 'bytes=0-4', 'bytes 0-4/11'],
    ['/hello.txt', 'bytes=6-', 'bytes 6-10/11'],
    ['/hello.txt', 'bytes=-5', 'bytes 6-10/11'],
    ['/hello.txt', 'bytes=-99', 'bytes 0-10/11'],
    ['/large.bin', 'bytes=100000-200000', 'bytes 100000-200000/300000'],
    ['/large.bin', 'bytes=299999-', 'bytes 299999-299999/300000'],
  ])('%s %s', async (path, range, contentRange) => {
    const { get } = serve();
    const whole = (await get(path)).bytes;
    for (let round = 0; round < 2; round++) {
      const part = await get(path, { Range: range });
      expect([part.status, part.headers.get('content-range')]).toEqual([206, contentRange]);
      const [, first = '0', last = '0'] = /bytes (\d+)-(\d+)/.exec(contentRange) ?? [];
      expect(part.bytes.equals(whole.subarray(Number(first), Number(last) + 1))).toBe(true);
    }
  });

  it.each(['/hello.txt', '/large.bin'])('several ranges of %s come as parts', async (path) => {
    const { get } = serve();
    const whole = (await get(path)).bytes;
    const { status, headers, bytes } = await get(path, { Range: 'bytes=0-1, 4-6, -1' });
    expect(status).toBe(206);
    const boundary = /boundary=(.*)$/.exec(headers.get('content-type') ?? '')?.[1] ?? '';
    const parts = bytes.toString('latin1').split(`--${boundary}`).slice(1, -1);
    const contents = parts.map((part) => part.split('\r\n\r\n')[1]?.replace(/\r\n$/, ''));
    const latin1 = whole.toString('latin1');
    expect(contents).toEqual([latin1.slice(0, 2), latin1.slice(4, 7), latin1.slice(-1)]);
  });

  it.each(['bytes=11-', 'bytes=0-5,3-8', `bytes=${Array.from({ length: 17 }, (_, at) => `${at}-${at}`).join(',')}`])(
    '%s is refused',
    async (range) => {
      const { status, headers, body } = await serve().get('/hello.txt', { Range: range });
      expect([status, headers.get('content-range'), body]).toEqual([416, 'bytes */11', '']);
    },
  );

  it.each(['lines=1-2', 'bytes=x', 'bytes=5-1'])('%s is ignored', async (range) => {
    expect((await serve().get('/hello.txt', { Range: range })).status).toBe(200);
  });

  it('If-Range gives the whole of a file that has changed', async () => {
    const { get } = serve();
    expect((await get('/hello.txt', { Range: 'bytes=0-0', 'If-Range': '"old"' })).status).toBe(200);
    const etag = (await get('/hello.txt')).headers.get('etag') ?? '';
    expect((await get('/hello.txt', { Range: 'bytes=0-0', 'If-Range': etag })).status).toBe(206);
  });
});

describe('files that are compressed beforehand', () => {
  beforeEach(async () => {
    await writeFile(join(root, 'app.js'), 'plain');
    for (const suffix of ['.br', '.gz']) await writeFile(join(root, `app.js${suffix}`), `as ${suffix}`);
  });

  it.each([
    [undefined, 'plain', undefined],
    ['', 'plain', undefined],
    ['gzip', 'as .gz', 'gzip'],
    ['gzip, br', 'as .br', 'br'],
    ['br;q=0.1, gzip', 'as .gz', 'gzip'],
    ['br;q=0, *', 'as .gz', 'gzip'],
    ['zstd', 'plain', undefined],
    ['identity', 'plain', undefined],
  ])('for Accept-Encoding %j', async (accept, body, coding) => {
    const { get } = serve({ precompressed: ['br', 'gzip', 'zstd'] });
    const found = await get('/app.js', accept === undefined ? {} : { 'Accept-Encoding': accept });
    expect([found.body, found.headers.get('content-encoding')]).toEqual([body, coding]);
    expect(found.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    expect(found.headers.get('vary')).toBe('Accept-Encoding');
  });

  it('have tags of their own, and ranges of their own bytes', async () => {
    const { get } = serve({ precompressed: ['br', 'gzip'] });
    const tags = await Promise.all(
      ['br', 'gzip', ''].map(async (accept) =>
        (await get('/app.js', { 'Accept-Encoding': accept })).headers.get('etag'),
      ),
    );
    expect(new Set(tags).size).toBe(3);
    expect((await get('/app.js', { 'Accept-Encoding': 'br', Range: 'bytes=3-' })).body).toBe('.br');
  });

  it('are not sent when they are older than the file itself', async () => {
    await utimes(join(root, 'app.js.br'), new Date(2000, 0), new Date(2000, 0));
    const { get } = serve({ precompressed: ['br'] });
    expect((await get('/app.js', { 'Accept-Encoding': 'br' })).body).toBe('plain');
  });
});

describe('files that change', () => {
  it('are seen after freshMs', async () => {
    const { get, clock } = serve();
    const before = await get('/hello.txt');
    await writeFile(join(root, 'hello.new'), 'changed!');
    await rename(join(root, 'hello.new'), join(root, 'hello.txt'));
    clock.advance(999);
    expect((await get('/hello.txt')).body).toBe('hello world');
    clock.advance(1);
    const after = await get('/hello.txt');
    expect(after.body).toBe('changed!');
    expect(after.headers.get('etag')).not.toBe(before.headers.get('etag'));
    await rm(join(root, 'hello.txt'));
    clock.advance(1_000);
    expect((await get('/hello.txt')).status).toBe(404);
  });

  it.each<[string, () => Promise<void>, string]>([
    ['cut off', () => truncate(join(root, 'large.bin'), 100_000), 'LML_ERR_WEB_FILE_TRUNCATED'],
    ['added to', () => appendFile(join(root, 'large.bin'), 'x'), 'LML_ERR_WEB_FILE_CHANGED'],
  ])('while they are sent (%s) break the response off', async (_name, change, code) => {
    const { service } = serve();
    const { body } = await service.serve(HttpRequest.from({ target: '/large.bin' }));
    await body.read();
    await change();
    await expect(body.bytes())
      .rejects.toMatchObject({ code: 'LML_ERR_USAGE' })
      .catch(() => {});
    let failure: unknown;
    try {
      for (;;) if ((await body.read()) === undefined) break;
    } catch (error) {
      failure = error;
    }
    expect(failure).toMatchObject({ code });
  });

  it('between finding and opening are found anew', async () => {
    const { get } = serve({ maxCachedFileBytes: 0 });
    await get('/hello.txt');
    await writeFile(join(root, 'hello.new'), 'changed!');
    await rename(join(root, 'hello.new'), join(root, 'hello.txt'));
    expect((await get('/hello.txt')).body).toBe('changed!'); // though it is fresh: what is opened is looked at
  });

  it('are forgotten when memory is short', async () => {
    for (let count = 0; count < 10; count++) await writeFile(join(root, `f${count}`), 'x'.repeat(1_000));
    const { get } = serve({ maxCacheBytes: 3_000 });
    for (let round = 0; round < 2; round++) {
      for (let count = 0; count < 10; count++) expect((await get(`/f${count}`)).bytes).toHaveLength(1_000);
    }
  });
});

it('goes over the wire, whole and in parts', async () => {
  const client = httpClientOn(staticFilesService({ root }));
  const ask = async (headers: Record<string, string>) => {
    const response = await client.serve(HttpRequest.from({ target: 'http://files.test/large.bin', headers }));
    return [response.status, response.headers.get('content-length'), (await response.body.bytes()).length];
  };
  expect(await ask({})).toEqual([200, '300000', 300_000]);
  expect(await ask({ Range: 'bytes=1-100000' })).toEqual([206, '100000', 100_000]);
  await client.close();
});

it.each<Partial<StaticFilesOptions>>([
  { root: '' },
  { prefix: 'assets' },
  { prefix: '/assets/' },
  { index: ['a/b'] },
  { precompressed: ['deflate' as never] },
  { cacheControl: 'no-store\nX: y' },
  { dotfiles: 'maybe' as never },
  { symlinks: 'maybe' as never },
  { freshMs: -1 },
  { maxCachedFileBytes: 1.5 },
  { maxCacheBytes: -1 },
  { maxRanges: 0 },
  { maxListed: 0 },
])('refuses %j', (options) => {
  expect(() => serve(options)).toThrow(UsageError);
});
