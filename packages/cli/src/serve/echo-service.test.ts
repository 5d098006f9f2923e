import { createHttpClient, HttpBody, HttpHeaders, HttpRequest } from '@lamella/http';
import { directClientOn, httpClientOn } from '@lamella/http/testing';
import { autoServerLayer, http2 } from '@lamella/http2';
import { memoryNetwork, serveListener } from '@lamella/net-core';
import { stack } from '@lamella/service-core';
import { certificateAuthority, clientHelloLayer, tlsAcceptLayer, tlsConnectLayer } from '@lamella/tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { echoService } from './echo-service.ts';

describe('echoService', () => {
  it('tells exactly what arrived', async () => {
    const request = HttpRequest.from({
      method: 'PROPFIND',
      target: 'http://h:81/a%20b?c',
      headers: [
        ['x-b', '2'],
        ['X-A', '1'],
        ['x-b', '3'],
      ],
      body: 'text\n',
    });
    const response = await directClientOn(echoService()).serve(request);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await response.body.json()).toEqual({
      method: 'PROPFIND',
      target: '/a%20b?c',
      version: 'HTTP/1.1',
      headers: [
        ['x-b', '2'],
        ['X-A', '1'],
        ['x-b', '3'],
        ['Host', 'h:81'],
      ],
      body: { size: 5, text: 'text\n' },
      peer: '192.0.2.1:49152',
    });
  });

  it('has a line for each header', async () => {
    const headers = [['X', '"[a, b]"']] as const;
    const response = await directClientOn(echoService()).serve(HttpRequest.from({ target: 'http://h/', headers }));
    expect(await response.body.text()).toContain('    ["X", "\\"[a, b]\\""],\n    ["Host", "h"]\n');
  });

  it.each([
    ['nothing', '', { size: 0 }],
    ['a byte order mark', '\ufeffx', { size: 4, text: '\ufeffx' }],
    ['what is not UTF-8', Buffer.from([0xff, 0x00]), { size: 2, base64: '/wA=' }],
  ])('describes a body of %s', async (_what, body, described) => {
    const request = HttpRequest.from({ method: 'POST', target: 'http://h/', body });
    const response = await directClientOn(echoService()).serve(request);
    expect(await response.body.json()).toMatchObject({ body: described });
  });

  it('tells trailers', async () => {
    await using client = httpClientOn(echoService());
    const trailers = (): HttpHeaders => HttpHeaders.from([['X-Sum', 'abc']]);
    const body = HttpBody.from(['chunk'], { trailers });
    const response = await client.serve(HttpRequest.from({ method: 'POST', target: 'http://h/', body }));
    expect(await response.body.json()).toMatchObject({ body: { size: 5 }, trailers: [['X-Sum', 'abc']] });
  });

  it('tells what is known of TLS and HTTP/2', async () => {
    const { authority, connect } = await secured();
    const client = createHttpClient({
      connector: connect(),
      tls: tlsConnectLayer({ roots: authority }),
      protocols: [http2()],
    });
    const response = await client.serve(HttpRequest.from({ target: 'https://a.test/' }));
    const text = await response.body.text();
    expect(JSON.parse(text)).toMatchObject({
      version: 'HTTP/2',
      http2: {
        streamId: 1,
        settings: expect.arrayContaining([['ENABLE_PUSH', 0]]),
        pseudoHeaderOrder: [':method', ':scheme', ':authority', ':path'],
        akamaiFingerprint: expect.stringMatching(/\|m,s,a,p$/),
      },
      tls: {
        version: 'TLSv1.3',
        isResumed: false,
        serverName: 'a.test',
        alpn: 'h2',
        ja4: expect.stringMatching(/^t13d[0-9]{4}h2_/),
      },
    });
    expect(text).toContain('      ["ENABLE_PUSH", 0],\n');
    await client.close();
  });

  it('opens no tunnel', async () => {
    const errors: unknown[] = [];
    await using client = httpClientOn(echoService(), { onError: (error) => errors.push(error) });
    const response = await client.serve(HttpRequest.from({ method: 'CONNECT', target: 'h:80' }));
    expect([response.status, await response.body.text(), errors]).toEqual([501, '501: this is no proxy\n', []]);
  });

  it.each([
    [1024 * 1024, 200],
    [1024 * 1024 + 1, 413],
  ])('answers a body of %i bytes with %i', async (size, status) => {
    await using client = httpClientOn(echoService(), { onError() {} });
    const body = new Uint8Array(size);
    const response = await client.serve(HttpRequest.from({ method: 'POST', target: 'http://h/', body }));
    expect(response.status).toBe(status);
    response.body.cancel();
  });
});

/** The service behind TLS, in memory. */
async function secured() {
  const authority = await certificateAuthority();
  const certificates = await authority.issue({ names: ['a.test'] });
  const network = memoryNetwork();
  const listener = network.listen('a.test:443');
  onTestFinished(() => listener.close());
  const layers = [clientHelloLayer(), tlsAcceptLayer({ certificates, alpn: ['h2'] }), autoServerLayer()] as const;
  void serveListener(listener, stack(...layers, echoService()));
  return { authority: authority.cert, connect: () => network.connector() };
}
