import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { lamellaServe } from '../../support/lamella-process.ts';
import { usePeers } from '../../support/peers.ts';
import { curl, NO_PROXIES } from '../../support/run.ts';
import { startProcess } from '../../support/start-process.ts';
import { temporaryFile, temporaryFolder } from '../../support/temporary-folder.ts';

describe('lamella serve http-test, asked by curl', () => {
  usePeers('curl');

  it('describes requests of every method, forms and files among them', async () => {
    const { url, told } = await server();
    expect(await told('-A', 'mine', `${url}/get?a=1&a=%C3%A4`)).toMatchObject({
      args: { a: ['1', 'ä'] },
      headers: { 'User-Agent': 'mine' },
      origin: '127.0.0.1',
      url: `${url}/get?a=1&a=%C3%A4`,
    });
    expect(await told('-d', 'a=1', '-d', 'b=2', `${url}/post`)).toMatchObject({ form: { a: '1', b: '2' } });
    const file = temporaryFile('note.txt', 'hello');
    const form = ['-F', 'a=1', '-F', `f=@${file}`];
    expect(await told(...form, `${url}/post`)).toMatchObject({ form: { a: '1' }, files: { f: 'hello' } });
    expect(await told('-X', 'PATCH', '-H', JSON_TYPE, '-d', '{"a":1}', `${url}/patch`)).toMatchObject({
      json: { a: 1 },
    });
    expect(await told('-T', file, `${url}/put`)).toMatchObject({ method: 'PUT', data: 'hello' });
    expect(await told('-X', 'DELETE', `${url}/delete`)).toMatchObject({ method: 'DELETE' });
    expect(await told('-X', 'PROPFIND', `${url}/anything/x`)).toMatchObject({ method: 'PROPFIND' });
    expect(await told('-F', `f=@${file}`, `${url}/multipart`)).toMatchObject({
      parts: [{ size: 5, filename: 'note.txt' }],
    });
    for (const path of ['headers', 'ip', 'user-agent', 'uuid', 'json'])
      expect(await told(`${url}/${path}`)).toBeTypeOf('object');
  });

  it('answers with any status, later, and elsewhere', async () => {
    const { url, told, status } = await server();
    for (const code of [200, 204, 205, 206, 304, 401, 404, 418, 500, 599]) {
      expect(await status(`${url}/status/${code}`)).toBe(`${code}`);
    }
    expect(['200', '503']).toContain(await status(`${url}/status/200:3,503:1`));
    for (const path of [
      'redirect/4',
      'relative-redirect/4',
      'absolute-redirect/4',
      'redirect-to?url=/get&status_code=303',
    ]) {
      expect(await told('-L', `${url}/${path}`)).toMatchObject({ url: `${url}/get` });
    }
    const { stdout } = await curl('-o', '/dev/null', '-w', '%{time_starttransfer}', `${url}/delay/0.3`);
    expect(Number(stdout)).toBeGreaterThanOrEqual(0.3);
  });

  it('gives bytes, streams and ranges', async () => {
    const { url, status } = await server();
    const [whole, chunked] = await Promise.all([
      curl(`${url}/bytes/100000?seed=3`),
      curl('--raw', `${url}/stream-bytes/5?seed=3`),
    ]);
    expect(whole.bytes).toHaveLength(100_000);
    expect(chunked.bytes).toEqual(
      Buffer.concat([Buffer.from('5\r\n'), whole.bytes.subarray(0, 5), Buffer.from('\r\n0\r\n\r\n')]),
    );
    expect((await curl(`${url}/stream/3`)).stdout.trimEnd().split('\n')).toHaveLength(3);
    expect((await curl('-r', '26-28', `${url}/range/100`)).stdout).toBe('abc');
    expect((await curl('-r', '0-0,98-', `${url}/range/100`)).stdout).toContain('Content-Range: bytes 98-99/100');
    expect(await status('-r', '100-', `${url}/range/100`)).toBe('416');
    expect((await curl(`${url}/drip?duration=0.2&numbytes=5`)).stdout).toBe('*****');
    const events = (await curl('-N', `${url}/sse?count=2&interval=0.05`)).stdout;
    expect(events).toMatch(/^event: tick\nid: 1\ndata: \{.*\}\n\nevent: tick\nid: 2\ndata: \{.*\}\n\n$/);
  });

  it('compresses with every coding', async () => {
    const { url } = await server();
    const curlVersion = (await curl('--version')).stdout;
    for (const [path, coding, mark] of CODINGS) {
      const { stdout } = await curl('-w', '%header{content-encoding}', '-o', '/dev/null', `${url}${path}`);
      expect(stdout).toBe(coding);
      if (!curlVersion.includes(coding === 'br' ? 'brotli' : coding === 'zstd' ? 'zstd' : 'libz')) continue;
      expect(JSON.parse((await curl('--compressed', `${url}${path}`)).stdout)).toMatchObject({ [mark]: true });
    }
  });

  it('keeps cookies, asks for credentials, and knows conditions', async () => {
    const { url, told, status } = await server();
    const jar = join(temporaryFolder(), 'jar');
    const cookies = ['-L', '-c', jar, '-b', jar];
    expect(await told(...cookies, `${url}/cookies/set?a=1&b=2`)).toEqual({ cookies: { a: '1', b: '2' } });
    expect(await told(...cookies, `${url}/cookies/delete?a`)).toEqual({ cookies: { b: '2' } });
    expect(await told('-u', 'ann:secret', `${url}/basic-auth/ann/secret`)).toEqual({
      authenticated: true,
      user: 'ann',
    });
    expect(await status('-u', 'ann:wrong', `${url}/basic-auth/ann/secret`)).toBe('401');
    expect(await told('--oauth2-bearer', 'abc', `${url}/bearer`)).toEqual({ authenticated: true, token: 'abc' });
    const etag = join(temporaryFolder(), 'etag');
    writeFileSync(etag, '');
    expect(await status('--etag-save', etag, `${url}/etag/abc`)).toBe('200');
    expect(await status('--etag-compare', etag, `${url}/etag/abc`)).toBe('304');
    const modified = (await curl('-o', '/dev/null', '-w', '%header{last-modified}', `${url}/cache`)).stdout;
    expect(await status('-z', modified, `${url}/cache`)).toBe('304');
    expect((await curl('-o', '/dev/null', '-w', '%header{x-a}', `${url}/response-headers?X-A=b`)).stdout).toBe('b');
  });

  it('has content of several types, and a page that lists everything', async () => {
    const { url } = await server();
    for (const [path, type] of TYPES) {
      expect((await curl('-o', '/dev/null', '-w', '%{http_code} %{content_type}', `${url}${path}`)).stdout).toBe(
        `200 ${type}`,
      );
    }
    expect((await curl(`${url}/base64/aGVsbG8`)).stdout).toBe('hello');
  });

  it('says what is wrong with a number', async () => {
    const { url } = await server();
    for (const path of WRONG) {
      const { stdout } = await curl('-w', '\n%{http_code} %{content_type}', `${url}${path}`);
      const [body = '', facts] = stdout.split('\n');
      expect([path, facts]).toEqual([path, '400 application/problem+json']);
      expect(JSON.parse(body)).toMatchObject({ status: 400, detail: expect.stringMatching(/must be/) });
    }
  });

  it('drains', async () => {
    const child = await lamellaServe('http-test', '--quiet');
    const slow = startProcess('curl', ['-q', '-sSN', `${child.url}/drip?duration=1&numbytes=10`], { env: NO_PROXIES });
    await slow.printed(/\*/);
    const open = new WebSocket(`${child.url.replace('http', 'ws')}/ws`);
    await once(open, 'open');
    child.signal('SIGTERM');
    const [code] = await once(open, 'close');
    expect([code, await slow.ended, slow.stdout(), await child.ended]).toEqual([1001, 0, '**********', 0]);
    expect(child.stderr()).toMatch(/^draining[^\n]+\ndrained in [0-9]+ ms[^\n]*\n$/);
  });
});

describe('lamella serve http-test, asked by ws', () => {
  it('sends messages back, compressed or not', async () => {
    const { url } = await server();
    for (const perMessageDeflate of [false, true]) {
      const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`, { perMessageDeflate });
      await once(socket, 'open');
      for (const message of ['hello', Buffer.from([0, 255]), 'x'.repeat(100_000)]) {
        const answer = once(socket, 'message');
        socket.send(message);
        const [data, isBinary] = await answer;
        expect([Buffer.compare(data, Buffer.from(message)), isBinary]).toEqual([0, typeof message !== 'string']);
      }
      expect(socket.extensions).toBe(perMessageDeflate ? 'permessage-deflate' : '');
      socket.close(4_000);
      expect((await once(socket, 'close'))[0]).toBe(4_000);
    }
  });
});

const WRONG: readonly string[] = [
  '/status/99',
  '/delay/11',
  '/redirect/101',
  '/relative-redirect/0',
  '/absolute-redirect/x',
  '/redirect-to?url=ftp://a/',
  '/bytes/-1',
  '/stream-bytes/1?chunk_size=0',
  '/stream/0',
  '/range/0',
  '/drip?duration=11',
  '/sse?interval=11',
  '/cache/-1',
  '/etag/%C3%A4',
];

const TYPES: readonly (readonly [path: string, type: string])[] = [
  ['/', 'text/html; charset=utf-8'],
  ['/html', 'text/html; charset=utf-8'],
  ['/json', 'application/json'],
  ['/xml', 'application/xml'],
  ['/robots.txt', 'text/plain; charset=utf-8'],
  ['/encoding/utf8', 'text/plain; charset=utf-8'],
];
const CODINGS: readonly (readonly [path: string, coding: string, mark: string])[] = [
  ['/gzip', 'gzip', 'gzipped'],
  ['/deflate', 'deflate', 'deflated'],
  ['/brotli', 'br', 'brotli'],
  ['/zstd', 'zstd', 'zstd'],
];
const JSON_TYPE = 'Content-Type: application/json';

async function server() {
  const { url } = await lamellaServe('http-test');
  const told = async (...args: readonly string[]): Promise<unknown> => JSON.parse((await curl(...args)).stdout);
  const status = async (...args: readonly string[]): Promise<string> =>
    (await curl('-o', '/dev/null', '-w', '%{http_code}', ...args)).stdout;
  return { url, told, status };
}
