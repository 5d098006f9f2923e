import type { HttpClient } from '@lamella/http';
import { HttpBody, HttpRequest } from '@lamella/http';
import { parseAddress } from '@lamella/net-core';
import { describe, expect, it } from 'vitest';
import { startHaproxy, startNginx } from '../../support/foreign-servers.ts';
import { useLedger } from '../../support/ledger.ts';
import { nodeOrigin } from '../../support/node-origin.ts';
import { patternChunks, patternSum, sha1 } from '../../support/pattern.ts';
import { usePeers } from '../../support/peers.ts';
import { testClient } from '../../support/test-client.ts';

usePeers('haproxy', 'nginx');
useLedger();

describe('our client and haproxy in front of an origin', () => {
  it('keeps one connection, whatever becomes of the requests', async () => {
    const haproxy = await startHaproxy((await echoOrigin()).port);
    const client = testClient();
    for (let number = 0; number < 20; number++) {
      expect(await echoed(client, `${haproxy.url}/${number}`, 'body')).toEqual(['POST', `/${number}`, 'body']);
    }
    expect(client.gauges()).toMatchObject([{ open: 1, idle: 1 }]);
  });

  it('streams large bodies both ways', async () => {
    const origin = await nodeOrigin((request, response) => void request.pipe(response));
    const haproxy = await startHaproxy(origin.port);
    const body = HttpBody.from(patternChunks(LARGE));
    const response = await testClient().serve(HttpRequest.from({ method: 'POST', target: haproxy.url, body }));
    expect(sha1(await response.body.bytes({ maxBytes: LARGE }))).toBe(patternSum(LARGE));
  });

  it('gets the error of haproxy where the origin is gone', async () => {
    const haproxy = await startHaproxy(1);
    const response = await testClient().serve(HttpRequest.from({ target: haproxy.url }));
    expect(response.status).toBe(503);
    response.body.cancel();
  });
});

describe('our client and nginx as a forward proxy', () => {
  it('asks it for whole URLs, over one connection for all origins', async () => {
    const [one, two] = [await echoOrigin(), await echoOrigin()];
    const nginx = await startNginx('location / { proxy_pass http://$http_host$request_uri; }');
    const client = testClient({ proxy: parseAddress(`127.0.0.1:${nginx.port}`) });
    for (const { url } of [one, two, one]) {
      expect(await echoed(client, `${url}/a?b`, 'through')).toEqual(['POST', '/a?b', 'through']);
    }
    expect([one.accepted() > 0, two.accepted() > 0]).toEqual([true, true]);
    expect(client.gauges().every(({ open }) => open === 1)).toBe(true);
  });
});

async function echoed(client: HttpClient, target: string, body: string): Promise<unknown> {
  const response = await client.serve(HttpRequest.from({ method: 'POST', target, body }));
  return response.body.json();
}

/** An origin that says what it got. */
function echoOrigin() {
  return nodeOrigin((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    request.on('end', () => void response.end(JSON.stringify([request.method, request.url, text])));
  });
}

const LARGE = 16 * 1024 * 1024;
