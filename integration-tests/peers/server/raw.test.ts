import type { HttpRequest } from '@lamella/http';
import { HttpBody, HttpResponse } from '@lamella/http';
import { describe, expect, it } from 'vitest';
import { useLedger } from '../../support/ledger.ts';
import { usePeers } from '../../support/peers.ts';
import { run } from '../../support/run.ts';
import { serveHttp } from '../../support/serve-http.ts';

usePeers('socat');
useLedger();

describe('our server and bytes by hand', () => {
  it('answers pipelined requests in order, the last one of HTTP/1.0', async () => {
    const { port } = await serveHttp(echo);
    const answer = await talk(
      port,
      'GET /1 HTTP/1.1\r\nHost: h\r\n\r\n' +
        'POST /2 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nX-T: 1\r\n\r\n' +
        'GET /3 HTTP/1.0\r\n\r\n',
    );
    expect(answer.match(/HTTP\/1\.1 200 OK\r\n/g)).toHaveLength(3);
    expect(answer.match(/GET \/1 |POST \/2 abc|GET \/3 /g)).toEqual(['GET /1 ', 'POST /2 abc', 'GET /3 ']);
  });

  it('answers a client that has closed its side after the request', async () => {
    const { port } = await serveHttp(async (request) => {
      await new Promise((resolve) => setTimeout(resolve, 50));
      return echo(request);
    });
    expect(await talk(port, 'GET /late HTTP/1.1\r\nHost: h\r\n\r\n')).toMatch(/\r\n\r\nGET \/late $/);
  });

  it('answers more requests in one write than it takes at a time', async () => {
    const { port } = await serveHttp(echo);
    const answer = await talk(port, 'GET /many HTTP/1.1\r\nHost: h\r\n\r\n'.repeat(500));
    expect(answer.match(/GET \/many /g)).toHaveLength(500);
  });

  it('takes an empty line before a request, and nothing else', async () => {
    const { port } = await serveHttp(echo);
    expect(await talk(port, '\r\nGET /a HTTP/1.1\r\nHost: h\r\n\r\n')).toMatch(/^HTTP\/1\.1 200 /);
    expect(await talk(port, ' GET /a HTTP/1.1\r\nHost: h\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
  });

  it('tells TLS apart, and ends it at once', async () => {
    const { port } = await serveHttp(echo);
    const { code, stdout } = await run('socat', ['-t', '10', '-', `OPENSSL:127.0.0.1:${port},verify=0`]);
    expect([code, stdout]).toEqual([1, '']);
  });

  it('streams to the end of the connection for HTTP/1.0', async () => {
    const { port } = await serveHttp(() => HttpResponse.from({ body: HttpBody.from(['one ', 'two']) }));
    expect(await talk(port, 'GET / HTTP/1.0\r\n\r\n')).toMatch(/\r\n\r\none two$/);
  });
});

/** Sends bytes, closes that side, and gives back all that came until the server closed its side. */
async function talk(port: number, bytes: string): Promise<string> {
  const { stdout } = await run('socat', ['-t', '20', '-', `TCP:127.0.0.1:${port}`], { input: bytes });
  return stdout;
}

async function echo({ method, path, body }: HttpRequest): Promise<HttpResponse> {
  return HttpResponse.text(`${method} ${path} ${await body.text()}`);
}
