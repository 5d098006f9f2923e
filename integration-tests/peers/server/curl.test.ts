import type { HttpRequest } from '@lamella/http';
import { HttpBody, HttpHeaders, HttpResponse } from '@lamella/http';
import { describe, expect, it } from 'vitest';
import { useLedger } from '../../support/ledger.ts';
import { usePeers } from '../../support/peers.ts';
import { curl, run } from '../../support/run.ts';
import { serveHttp } from '../../support/serve-http.ts';
import { temporaryFile } from '../../support/temporary-folder.ts';

usePeers('curl');
useLedger();

describe('our server and curl', () => {
  it('sends the head that it was told, with a date and a length', async () => {
    const { url } = await serveHttp(() =>
      HttpResponse.text('hello', {
        headers: [
          ['X-One', '1'],
          ['X-One', '2'],
        ],
      }),
    );

    const { stdout } = await curl('-i', url);
    const [head, body] = stdout.split('\r\n\r\n');
    expect(body).toBe('hello');
    expect(
      head
        ?.replace(/^Date: .* GMT$/m, 'Date: now')
        .split('\r\n')
        .sort(),
    ).toEqual([
      'Content-Length: 5',
      'Content-Type: text/plain; charset=utf-8',
      'Date: now',
      'HTTP/1.1 200 OK',
      'X-One: 1',
      'X-One: 2',
    ]);
  });

  it('takes a body with a length', async () => {
    const { url } = await serveHttp(echo);
    const { stdout } = await curl('-d', 'a=1&b=2', url);
    expect(stdout).toBe('POST / 7: a=1&b=2');
  });

  it('takes a chunked upload', async () => {
    const { url } = await serveHttp(echo);
    const path = temporaryFile('upload', 'x'.repeat(300_000));
    const { stdout } = await curl('-T', path, '-H', 'Transfer-Encoding: chunked', `${url}/up`);
    expect(stdout).toBe(`PUT /up undefined: ${'x'.repeat(300_000)}`);
  });

  it('sends 100 Continue to who waits for it, before the body comes', async () => {
    const { url } = await serveHttp(echo);
    const { stdout, stderr } = await curl(
      '-v',
      '--expect100-timeout',
      '20',
      '-H',
      'Expect: 100-continue',
      '-d',
      'late',
      url,
    );
    expect(stderr).toContain('< HTTP/1.1 100 Continue');
    expect(stderr).not.toContain('Done waiting for 100-continue');
    expect(stdout).toBe('POST / 4: late');
  });

  it('answers without the body when it wants none, and curl does not send it', async () => {
    const { url } = await serveHttp(() => HttpResponse.from({ status: 403 }));
    const { stdout } = await curl(
      '--expect100-timeout',
      '20',
      '-H',
      'Expect: 100-continue',
      '-d',
      'late',
      '-w',
      SENT,
      url,
    );
    expect(stdout).toBe('403 0');
  });

  it('takes every method that curl can be told', async () => {
    const { url } = await serveHttp(echo);
    for (const method of ['GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND', 'M-SEARCH']) {
      expect((await curl('-X', method, `${url}/x?y`)).stdout).toBe(`${method} /x?y 0: `);
    }
  });

  it('takes OPTIONS for the server as a whole', async () => {
    const { url } = await serveHttp(echo);
    expect((await curl('-X', 'OPTIONS', '--request-target', '*', url)).stdout).toBe('OPTIONS * 0: ');
  });

  it('answers HEAD with the head of GET and nothing after it', async () => {
    const { url } = await serveHttp(() => HttpResponse.text('hello'));
    const { code, stdout } = await curl('-I', url, url, '-w', '[%{num_connects}]');
    expect(code).toBe(0);
    expect(stdout.match(/Content-Length: 5/g)).toHaveLength(2);
    expect(stdout).toMatch(/\r\n\r\n\[0\]$/); // the second one came on the same connection
  });

  it.each([204, 304])('sends nothing after the head of %i, and the connection goes on', async (status) => {
    const { url } = await serveHttp(() => HttpResponse.from({ status }));
    const { code, stdout } = await curl(url, url, '-w', '%{http_code} %{num_connects};');
    expect([code, stdout]).toEqual([0, `${status} 1;${status} 0;`]);
  });

  it('keeps the connection for one request after the other', async () => {
    const server = await serveHttp(() => HttpResponse.text('x'));
    const { stdout } = await curl(...Array<string>(50).fill(server.url), '-w', '%{num_connects}');
    expect(stdout).toBe(`x1${'x0'.repeat(49)}`);
  });

  it('closes after the response when it is asked to', async () => {
    const { url } = await serveHttp(() => HttpResponse.text('x'));
    const { stdout } = await curl('-H', 'Connection: close', url, url, '-w', '%{num_connects}');
    expect(stdout).toBe('x1x1');
  });

  it('speaks HTTP/1.0: streamed bodies end with the connection, others keep it if asked', async () => {
    const { url } = await serveHttp(({ path }) =>
      path === '/stream' ? HttpResponse.from({ body: HttpBody.from(words()) }) : HttpResponse.text('whole'),
    );
    const streamed = await curl('--http1.0', '-i', `${url}/stream`);
    expect(streamed.code).toBe(0);
    expect(streamed.stdout).not.toMatch(/Transfer-Encoding/i);
    expect(streamed.stdout.split('\r\n\r\n')[1]).toBe('one two three ');

    const kept = await curl('--http1.0', '-H', 'Connection: keep-alive', url, url, '-w', '%{num_connects}');
    expect(kept.stdout).toBe('whole1whole0');
  });

  it('streams chunks, with trailers after them', async () => {
    const trailers = (): HttpHeaders => HttpHeaders.from([['X-Sum', 'abc']]);
    const { url } = await serveHttp(() =>
      HttpResponse.from({ headers: [['Trailer', 'X-Sum']], body: HttpBody.from(words(), { trailers }) }),
    );
    expect((await curl(url)).stdout).toBe('one two three ');
    const raw = await curl('--raw', '-H', 'TE: trailers', '-H', 'Connection: TE', url);
    expect(raw.stdout).toBe('4\r\none \r\n4\r\ntwo \r\n6\r\nthree \r\n0\r\nX-Sum: abc\r\n\r\n');
  });

  it('sends 103 before the response', async () => {
    const { url } = await serveHttp((request) => {
      const headers = HttpHeaders.from([['Link', '</style.css>; rel=preload']]);
      request.onInformational?.({ status: 103, reason: 'Early Hints', headers });
      return HttpResponse.text('done');
    });
    const { stdout } = await curl('-i', url);
    expect(stdout).toMatch(
      /^HTTP\/1.1 103 Early Hints\r\nLink: <\/style.css>; rel=preload\r\n\r\nHTTP\/1.1 200 OK\r\n/,
    );
  });

  it('notices at once when curl is gone in the middle of a response', async () => {
    const gone = Promise.withResolvers<unknown>();
    const { url } = await serveHttp((request) => {
      request.signal.addEventListener('abort', () => gone.resolve(request.signal.reason), { once: true });
      return HttpResponse.from({ body: HttpBody.from(endless()) });
    });
    await run('sh', ['-c', `curl -q -sS --noproxy '*' ${url} | head -c 100000 > /dev/null`]);
    await expect(gone.promise).resolves.toMatchObject({ code: expect.stringMatching(/^LML_ERR_/) });
  });
});

const SENT = '%{http_code} %{size_upload}';

async function echo(request: HttpRequest): Promise<HttpResponse> {
  const { method, target, body } = request;
  return HttpResponse.text(`${method} ${target} ${body.size}: ${await body.text()}`);
}

async function* words(): AsyncGenerator<string> {
  for (const word of ['one ', 'two ', 'three ']) {
    yield word;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function* endless(): Generator<Uint8Array> {
  const chunk = new Uint8Array(16_384);
  while (true) yield chunk;
}
