import type { HttpRequest } from '@lamella/http';
import { fetchHandler, requestScheme } from '@lamella/http';
import { createConnection, memoryPipe, TlsSession } from '@lamella/net-core';
import { checkLedger } from '@lamella/net-core/testing';
import { serviceFn } from '@lamella/service-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { http2ServerLayer } from '../src/index.ts';
import { headers, PREFACE, settings } from './support/frames.ts';
import { RawEnd } from './support/raw-end.ts';

checkLedger({ beforeEach, afterEach });

const URL_OF = fetchHandler((request) => new Response(request.url));

describe('the scheme of a request', () => {
  it.each([
    // connection, what is said, whether that is believed; target, scheme and URL that handlers see
    ['in clear', 'http', false, '/a', 'http', 'http://a.test/a'],
    ['in clear', 'https', false, 'https://a.test/a', 'http', 'http://a.test/a'],
    ['TLS', 'https', false, '/a', 'https', 'https://a.test/a'],
    ['TLS', 'http', false, 'http://a.test/a', 'https', 'https://a.test/a'],
    ['in clear', 'https', true, '/a', 'https', 'https://a.test/a'],
    ['in clear', 'HTTPS', true, '/a', 'https', 'https://a.test/a'],
    ['in clear', 'http', true, '/a', 'http', 'http://a.test/a'],
    ['TLS', 'http', true, '/a', 'http', 'http://a.test/a'],
    ['in clear', 'ftp', true, 'ftp://a.test/a', 'http', 'http://a.test/a'],
  ] as const)('%s, said to be %s, believed: %s', async (by, said, trustsScheme, target, scheme, url) => {
    let seen: unknown;
    const service = serviceFn((request: HttpRequest) => {
      seen = [request.target, requestScheme(request)];
      return URL_OF.serve(request);
    });
    const [near, far] = memoryPipe();
    const connection = createConnection(far);
    if (by === 'TLS') connection.extensions.insert(TlsSession, { version: 'TLSv1.3', cipher: 'none' });
    const served = http2ServerLayer({ trustsScheme })(service).serve(connection);
    const client = new RawEnd(near);
    void client.read();
    const fields = [':method', 'GET', ':scheme', said, ':authority', 'a.test', ':path', '/a'];
    await client.send(PREFACE, settings(), headers(1, fields, { end: true }));
    expect(await client.takeFrames()).toContain(`DATA 1 ${JSON.stringify(url)}`);
    expect(seen).toEqual([target, scheme]);
    near.destroy();
    await served;
  });
});
