import { HttpRequest, HttpResponse } from '@lamella/http';
import type { ByteStream, Connection } from '@lamella/net-core';
import { serviceFn } from '@lamella/service-core';
import { describe, expect, it } from 'vitest';
import { takePage } from '../src/codec/frames/output-pages.ts';
import { http2ServerLayer } from '../src/server/http2-server-layer.ts';
import { data, headers, PREFACE, SETTINGS_ACK, settings, windowUpdate } from './support/frames.ts';
import { RawPeer } from './support/raw-peer.ts';
import { RawServer } from './support/raw-server.ts';

const PATH = [':scheme', 'http', ':authority', 'a.test', ':path', '/'];

describe('an extended CONNECT whose service ignores what it asks for', () => {
  it('is refused with 501: a positive answer would be the tunnel', async () => {
    const { peer, errors } = await serving(async () => HttpResponse.text('a page'));
    await peer.send(headers(1, [':method', 'CONNECT', ':protocol', 'odd', ...PATH]), data(1, 'bytes'));
    expect(await peer.takeFrames()).toEqual([
      expect.stringMatching(/^HEADERS 1 :status=501 content-length=0 date=.* END$/),
      'RST_STREAM 1 NO_ERROR',
    ]);
    expect(errors).toEqual([]);
    await peer.close();
  });

  it('gets any other answer as it is', async () => {
    const { peer } = await serving(async () => HttpResponse.from({ status: 404 }));
    await peer.send(headers(1, [':method', 'CONNECT', ':protocol', 'odd', ...PATH]));
    expect((await peer.takeFrames())[0]).toMatch(/^HEADERS 1 :status=404 /);
    await peer.close();
  });
});

it('a positive answer to CONNECT that opens no tunnel is a mistake of the service', async () => {
  const { peer, errors } = await serving(async () => HttpResponse.text('a page'));
  await peer.send(headers(1, [':method', 'CONNECT', ':authority', 'a.test:443']));
  expect((await peer.takeFrames())[0]).toMatch(/^HEADERS 1 :status=500 /);
  expect(errors).toMatchObject([{ code: 'LML_ERR_USAGE' }]);
  await peer.close();
});

it('a WebSocket has one key, whatever its client says', async () => {
  let keys: readonly string[] = [];
  const { peer } = await serving(async (request) => {
    keys = request.headers.getAll('sec-websocket-key');
    return HttpResponse.from({ status: 403 });
  });
  await peer.send(headers(1, [':method', 'CONNECT', ':protocol', 'websocket', ...PATH, 'sec-websocket-key', 'x']));
  expect(keys).toEqual([expect.stringMatching(/^[A-Za-z0-9+/]{22}==$/)]);
  await peer.close();
});

describe('an upgrade that extended CONNECT has no place for', () => {
  it.each<[string, object]>([
    ['of a version', { headers: { Connection: 'Upgrade', Upgrade: 'foo/1' } }],
    ['with a choice', { headers: { Connection: 'Upgrade', Upgrade: 'foo, bar' } }],
    ['with content in front of it', { headers: { Connection: 'Upgrade', Upgrade: 'foo' }, body: 'content' }],
  ])('%s is not sent, and the error says so', async (_what, init) => {
    const server = await RawServer.open({ greeting: [settings([8, 1]), SETTINGS_ACK] });
    const request = HttpRequest.from({ target: 'http://a.test/', ...init });
    await expect(server.connection.serve(request)).rejects.toMatchObject({ code: 'LML_ERR_HTTP_UPGRADE_UNSUPPORTED' });
    expect(await server.takeFrames()).toEqual([]);
    await server.close();
  });

  it('without content has no length either', async () => {
    const server = await RawServer.open({ greeting: [settings([8, 1]), SETTINGS_ACK] });
    const fields = { Connection: 'Upgrade', Upgrade: 'foo', 'Content-Length': '0' };
    const response = server.connection.serve(HttpRequest.from({ target: 'http://a.test/', headers: fields }));
    const outcome = expect(response).rejects.toMatchObject({ code: 'LML_ERR_HTTP_CONNECTION_CLOSED' });
    expect(await server.takeFrames()).toEqual([
      'HEADERS 1 :method=CONNECT :scheme=http :authority=a.test :path=/ :protocol=foo',
    ]);
    await server.close();
    await outcome;
  });
});

it('what waits in a tunnel is one run of memory, however small the pieces are that it came in', async () => {
  const tunnel = Promise.withResolvers<Connection>();
  const end = Promise.withResolvers<void>();
  const { peer } = await serving(async () =>
    HttpResponse.upgrade(
      { status: 200 },
      serviceFn((connection: Connection) => {
        tunnel.resolve(connection);
        return end.promise;
      }),
    ),
  );
  const content = Array.from({ length: 10_000 }, (_, index) => String.fromCharCode(97 + (index % 26))).join('');
  await peer.send(
    headers(1, [':method', 'CONNECT', ':authority', 'a.test:443']),
    ...Array.from(content, (char) => data(1, char)),
  );
  const { stream } = await tunnel.promise;
  expect(Buffer.from((await stream.read()) ?? []).toString()).toBe(content);
  await peer.send(data(1, 'more'));
  expect(Buffer.from((await stream.read()) ?? []).toString()).toBe('more');
  end.resolve();
  await peer.close();
});

describe('a tunnel whose handler is done', () => {
  it.each<[string, (stream: ByteStream) => unknown, readonly string[]]>([
    ['has written nothing', () => {}, ['DATA 1 "" END', 'RST_STREAM 1 NO_ERROR']],
    [
      'waits for nothing',
      (stream) => stream.write([Buffer.from('good'), Buffer.from('bye')]),
      ['DATA 1 "goodbye"', 'DATA 1 "" END', 'RST_STREAM 1 NO_ERROR'],
    ],
    ['has ended it', (stream) => void stream.closeWrite(), ['DATA 1 "" END', 'RST_STREAM 1 NO_ERROR']],
    ['has broken it off', (stream) => stream.destroy(new Error('no')), ['RST_STREAM 1 CANCEL']],
    [
      'breaks off what it has written',
      (stream) => {
        void stream.write([Buffer.from('bye')]);
        stream.destroy(new Error('no'));
      },
      ['RST_STREAM 1 CANCEL'],
    ],
  ])('and %s ends as its handler says', async (_, handle, ends) => {
    const { peer } = await serving(async () =>
      HttpResponse.upgrade(
        { status: 200 },
        serviceFn(({ stream }: Connection) => {
          void handle(stream);
        }),
      ),
    );
    await peer.send(headers(1, [':method', 'CONNECT', ':authority', 'a.test:443']));
    expect((await peer.takeFrames()).slice(1)).toEqual(ends);
    await peer.send(data(1, 'late'));
    expect(await peer.takeFrames()).toEqual([]);
    await peer.close();
  });

  it('sends what waits for room before its end, and reads no more', async () => {
    const { peer } = await serving(async () =>
      HttpResponse.upgrade(
        { status: 200 },
        serviceFn(({ stream }: Connection) => void stream.write([Buffer.alloc(65_536, 'x'), Buffer.from('last')])),
      ),
    );
    await peer.send(headers(1, [':method', 'CONNECT', ':authority', 'a.test:443']));
    const before = await peer.takeFrames();
    expect(before.join()).not.toContain('END');
    await peer.send(data(1, 'nobody reads that'), windowUpdate(0, 100), windowUpdate(1, 100));
    expect(await peer.takeFrames()).toEqual(['DATA 1 "xlast"', 'DATA 1 "" END', 'RST_STREAM 1 NO_ERROR']);
    await peer.close();
  });

  it('says no more if the client has ended its direction', async () => {
    const { peer } = await serving(async () =>
      HttpResponse.upgrade(
        { status: 200 },
        serviceFn(async ({ stream }: Connection) => {
          while ((await stream.read()) !== undefined);
        }),
      ),
    );
    await peer.send(headers(1, [':method', 'CONNECT', ':authority', 'a.test:443']), data(1, 'x', { end: true }));
    expect((await peer.takeFrames()).slice(1)).toEqual(['DATA 1 "" END']);
    await peer.close();
  });
});

it('HTTP/2 in a tunnel of HTTP/2 keeps what waits for room there, whatever others write meanwhile', async () => {
  const inner = http2ServerLayer()(serviceFn(async () => HttpResponse.from({ body: '~'.repeat(3_000) })));
  const peer = await RawPeer.open(
    serviceFn(async () => HttpResponse.upgrade({ status: 200 }, inner)),
    { greeting: [PREFACE, settings([4, 20_000]), SETTINGS_ACK] },
  );
  await peer.send(headers(1, [':method', 'CONNECT', ':authority', 'a.test:443']));
  await peer.send(data(1, Buffer.concat([PREFACE, settings(), SETTINGS_ACK])));
  const get = [':method', 'GET', ...PATH];
  const requests = Array.from({ length: 10 }, (_, index) => headers(2 * index + 1, get, { end: true }));
  await peer.send(data(1, Buffer.concat(requests)));
  const before = (await peer.takeFrames()).join();
  for (const page of Array.from({ length: 32 }, takePage)) page.fill('b'); // as any other connection may do now
  await peer.send(windowUpdate(1, 20_000));
  const behind = (await peer.takeFrames()).join();
  expect((before + behind).match(/~~~/g)?.length).toBeGreaterThan(9_980);
  expect(behind).toMatch(/~~~/);
  await peer.close();
});

async function serving(serve: (request: HttpRequest) => Promise<HttpResponse>) {
  const peer = await RawPeer.open(serviceFn(serve));
  return { peer, errors: peer.errors };
}
