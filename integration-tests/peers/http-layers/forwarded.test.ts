import type { HttpRequest, HttpResponse, WriteForwardedOptions } from '@lamella/http';
import { hopByHopLayer, writeForwardedLayer } from '@lamella/http';
import { serviceFn, stack } from '@lamella/service-core';
import { describe, expect, it } from 'vitest';
import { startNginx } from '../../support/foreign-servers.ts';
import { useLedger } from '../../support/ledger.ts';
import { usePeers } from '../../support/peers.ts';
import { curl } from '../../support/run.ts';
import { serveHttp } from '../../support/serve-http.ts';
import { testClient } from '../../support/test-client.ts';

usePeers('nginx', 'curl');
useLedger();

describe('writeForwardedLayer between curl and nginx', () => {
  it.each<[string, WriteForwardedOptions, string]>([
    ['what curl claims is thrown away', {}, '127.0.0.1 shop.test http -'],
    ['of a trusted curl it stays', { trustsClient: true }, '203.0.113.9 shop.test http -'],
    ['as RFC 7239 has it', { fields: 'forwarded' }, '127.0.0.1 - - for=127.0.0.1;host="shop.test";proto=http'],
    ['not at all', { fields: 'none' }, '127.0.0.1 - - -'],
  ])('nginx believes us: %s', async (_what, options, seen) => {
    const url = await gateway(options);
    const { stdout } = await curl('-H', 'Host: shop.test', '-H', 'X-Forwarded-For: 203.0.113.9', url);
    expect(stdout).toBe(seen);
  });
});

/** A gateway of ours in front of an nginx that takes the address of the client from X-Forwarded-For. */
async function gateway(options: WriteForwardedOptions): Promise<string> {
  const seen = '$remote_addr $said_host $said_proto $said_forwarded';
  const maps = [
    ['$http_x_forwarded_host', '$said_host'],
    ['$http_x_forwarded_proto', '$said_proto'],
    ['$http_forwarded', '$said_forwarded'],
  ].map(([from, to]) => `map ${from} ${to} { "" "-"; default ${from}; }`);
  const nginx = await startNginx(
    `set_real_ip_from 127.0.0.1; real_ip_header X-Forwarded-For; real_ip_recursive on; location / { return 200 "${seen}"; }`,
    maps.join(' '),
  );
  const client = testClient();
  const server = await serveHttp(
    stack(
      writeForwardedLayer(options),
      hopByHopLayer(),
      serviceFn((request: HttpRequest): Promise<HttpResponse> => {
        return client.serve(request.with({ target: `${nginx.url}${request.path}` }));
      }),
    ),
  );
  return `${server.url}/`;
}
