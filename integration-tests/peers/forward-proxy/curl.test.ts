import { basicProxyAuth } from '@lamella/proxy';
import { describe, expect, it } from 'vitest';
import { answerWithRequest, receivedRequest } from '../../support/echo-origin.ts';
import { freePort } from '../../support/free-port.ts';
import { useLedger } from '../../support/ledger.ts';
import { nodeOrigin } from '../../support/node-origin.ts';
import { usePeers } from '../../support/peers.ts';
import { curl } from '../../support/run.ts';
import { serveForwardProxy } from '../../support/serve-proxies.ts';
import { temporaryFile } from '../../support/temporary-folder.ts';

usePeers('curl');
useLedger();

describe('our forward proxy and curl', () => {
  it('sends a request on as it came, but for what is meant for one hop', async () => {
    const { proxy, origin } = await setup();
    const fields = ['-H', 'x-b: 2', '-H', 'X-A: 1', '-H', 'x-b: 3', '-H', 'Connection: X-Gone', '-H', 'X-Gone: 1'];
    const { stdout } = await curl('-x', proxy.url, ...fields, '-A', 'me', `${origin.url}/a%20b?c=d`);
    expect(receivedRequest(stdout)).toEqual({
      method: 'GET',
      target: '/a%20b?c=d',
      version: '1.1',
      headers: [
        ['Host', `127.0.0.1:${origin.port}`],
        ['User-Agent', 'me'],
        ['Accept', '*/*'],
        ['x-b', '2'],
        ['X-A', '1'],
        ['x-b', '3'],
        ['Via', '1.1 test'],
      ],
      body: '',
    });
  });

  it.each([
    ['a length', []],
    ['chunks', ['-H', 'Transfer-Encoding: chunked']],
    ['leave', ['-H', 'Expect: 100-continue', '--expect100-timeout', '20']],
  ])('passes a body with %s on', async (_how, options) => {
    const { proxy, origin } = await setup();
    const path = temporaryFile('body', 'x'.repeat(200_000));
    const { stdout, stderr } = await curl('-v', '-x', proxy.url, ...options, '-T', path, `${origin.url}/up`);
    expect(receivedRequest(stdout)).toMatchObject({ method: 'PUT', target: '/up', body: 'x'.repeat(200_000) });
    expect(stderr).not.toContain('Done waiting for 100-continue');
  });

  it('answers HEAD, 204 and 304, all on one connection', async () => {
    const { proxy, origin } = await setup();
    const urls = [`${origin.url}/status/204`, `${origin.url}/status/304`, `${origin.url}/a`];
    const { code, stdout } = await curl('-x', proxy.url, '-I', ...urls, '-w', '[%{http_code} %{num_connects}]');
    expect(code).toBe(0);
    expect(stdout.match(/\[.*?\]/g)).toEqual(['[204 1]', '[304 0]', '[200 0]']);
    expect(stdout.match(/^Via: 1.1 test\r$/gm)).toHaveLength(3);
  });

  it('lets in who knows the password, and nobody else; what opens the proxy is not told to the origin', async () => {
    const { proxy, origin } = await setup([{ name: 'me', password: 'p:w ü' }]);
    const status = async (...options: string[]): Promise<string> =>
      (await curl('-x', proxy.url, ...options, '-o', '/dev/null', '-w', '%{http_code}', origin.url)).stdout;
    expect(await status()).toBe('407');
    expect(await status('-U', 'me:wrong')).toBe('407');
    expect(await status('-U', 'me:p:w ü')).toBe('200');
    expect(await status('--proxy-anyauth', '-U', 'me:p:w ü')).toBe('200');

    const { stdout } = await curl('-x', proxy.url, '-U', 'me:p:w ü', origin.url);
    expect(receivedRequest(stdout).headers.map(([name]) => name)).not.toContain('Proxy-Authorization');
    const tunnel = await curl('-p', '-x', proxy.url, '-U', 'me:wrong', origin.url);
    expect([tunnel.code, tunnel.stderr]).toEqual([56, expect.stringContaining('response 407')]);
    expect((await curl('-p', '-x', proxy.url, '-U', 'me:p:w ü', origin.url)).code).toBe(0);
  });

  it('says why there is no response', async () => {
    const { proxy } = await setup();
    const refused = await curl('-i', '-x', proxy.url, `http://127.0.0.1:${await freePort()}/`);
    expect(refused.stdout).toMatch(/^HTTP\/1\.1 502 .*\r\n/);
    expect(refused.stdout).toMatch(/^Proxy-Status: test; ?error=connection_refused/im);
    const unknown = await curl('-i', '-x', proxy.url, 'http://unknown.invalid/');
    expect(unknown.stdout).toMatch(/^HTTP\/1\.1 502 [\s\S]*error=dns_error/);
    expect((await curl('-i', '-x', proxy.url, 'ftp://127.0.0.1/file')).stdout).toMatch(/^HTTP\/1\.1 501 /);
    expect((await curl('-i', proxy.url)).stdout).toMatch(/^HTTP\/1\.1 400 [\s\S]*this is a proxy/);
  });

  it('takes requests of HTTP/1.0, and answers them as such', async () => {
    const { proxy, origin } = await setup();
    const { code, stdout } = await curl('--http1.0', '-i', '-x', proxy.url, `${origin.url}/old`);
    expect(code).toBe(0);
    const [head = '', body = ''] = stdout.split('\r\n\r\n');
    expect(head).toMatch(/^Connection: close\r?$/im);
    expect(receivedRequest(body).headers).toContainEqual(['Via', '1.0 test']);
  });
});

async function setup(users: Parameters<typeof basicProxyAuth>[0] = []) {
  const origin = await nodeOrigin((request, response) => {
    const status = /^\/status\/([0-9]+)$/.exec(request.url ?? '')?.[1];
    if (status === undefined) void answerWithRequest(request, response);
    else response.writeHead(Number(status)).end();
  });
  const auth = users.length > 0 ? { auth: basicProxyAuth(users) } : {};
  return { origin, proxy: await serveForwardProxy({ pseudonym: 'test', ...auth }) };
}
