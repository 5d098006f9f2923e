import type { HttpRequest } from '@lamella/http';
import { HttpResponse, HttpRequest as Request } from '@lamella/http';
import { autoServerLayer, http2ServerLayer } from '@lamella/http2';
import { memoryNetwork, serveListener, TlsSession } from '@lamella/net-core';
import { createLifecycle, serviceFn, stack } from '@lamella/service-core';
import { certificateAuthority, tlsAcceptLayer, tlsConnectLayer } from '@lamella/tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { toHttpUrl, UpstreamClients } from './upstream-clients.ts';

describe('UpstreamClients', () => {
  it.each([
    ['http://plain.test/', 'HTTP/1.1 http'],
    ['https://secure.test/', 'HTTP/2 https'],
    ['https://old.test/', 'HTTP/1.1 https'],
    ['h2c://plain.test/', 'HTTP/2 http'],
    ['H2C://plain.test:80/', 'HTTP/2 http'],
  ])('goes to %s by %s', async (url, said) => {
    const { clients } = await setup();
    const response = await clients.for([url]).serve(Request.from({ target: toHttpUrl(url) }));
    expect(await response.body.text()).toBe(said);
    await clients.close();
  });

  it('speaks HTTP/2 in clear to nobody but those that are named', async () => {
    const { clients } = await setup();
    const client = clients.for(['h2c://other.test', 'https://secure.test']);
    for (const [target, said] of [
      ['http://plain.test/', 'HTTP/1.1 http'],
      ['http://other.test/', 'HTTP/2 http'],
      ['https://secure.test/', 'HTTP/2 https'],
    ] as const) {
      expect(await (await client.serve(Request.from({ target }))).body.text()).toBe(said);
    }
    expect(clients.for(['http://plain.test'])).toBe(clients.usual);
    await clients.close();
    await expect(client.serve(Request.from({ target: 'http://other.test/' }))).rejects.toThrow('closed');
  });
});

async function setup() {
  const authority = await certificateAuthority();
  const { cert, key } = await authority.issue({ names: ['secure.test', 'old.test'] });
  const network = memoryNetwork();
  const lifecycle = createLifecycle();
  const says = serviceFn(async (request: HttpRequest) => {
    const isSecure = request.extensions.get(TlsSession) !== undefined;
    return HttpResponse.text(`HTTP/${request.version} ${isSecure ? 'https' : 'http'}`);
  });
  const serve = (address: string, service: Parameters<typeof serveListener>[1]): void => {
    const listener = network.listen(address);
    onTestFinished(() => listener.close());
    void serveListener(listener, service, { onError() {} });
  };
  const auto = stack(autoServerLayer({ onError() {} }), says);
  serve('plain.test:80', auto);
  serve('other.test:80', stack(http2ServerLayer({ onError() {} }), says));
  serve('secure.test:443', stack(tlsAcceptLayer({ certificates: { cert, key }, alpn: ['h2'] }), auto));
  serve('old.test:443', stack(tlsAcceptLayer({ certificates: { cert, key } }), auto));
  const tls = tlsConnectLayer({ roots: authority.cert });
  return { clients: new UpstreamClients({ connector: network.connector(), tls, lifecycle, connectTimeoutMs: 1_000 }) };
}
