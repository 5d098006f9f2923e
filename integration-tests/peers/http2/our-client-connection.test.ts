import { once } from 'node:events';
import type { Http2Session, ServerHttp2Stream, Settings } from 'node:http2';
import { constants } from 'node:http2';
import { HttpBody, HttpRequest } from '@lamella/http';
import type { Connection } from '@lamella/net-core';
import { describe, expect, it } from 'vitest';
import { useLedger } from '../../support/ledger.ts';
import { chunksOf, sumOf } from './support/exchange.ts';
import type { NodeServer } from './support/node-side.ts';
import { nodeServer } from './support/node-side.ts';
import { http2Client } from './support/our-side.ts';

useLedger();

describe('the end of a connection to a server of Node', () => {
  it('GOAWAY lets what is under way finish, and the next request takes another connection', async () => {
    const waiting: ServerHttp2Stream[] = [];
    const { url, sessions } = await nodeServer((stream, { ':path': path }) => {
      stream.respond();
      if (path === '/slow') waiting.push(stream);
      else stream.end('quick');
    }, undefined);
    const client = http2Client(undefined);
    const slow = await client.serve(HttpRequest.from({ target: `${url}/slow` }));
    sessions[0]?.goaway(constants.NGHTTP2_NO_ERROR);
    await pinged(sessions[0]);
    const quick = await client.serve(HttpRequest.from({ target: `${url}/` }));
    expect(await quick.body.text()).toBe('quick');
    expect(sessions.length).toBe(2);
    waiting[0]?.end('done');
    expect(await slow.body.text()).toBe('done');
  });

  it('GOAWAY that names an earlier stream has the later ones sent again elsewhere', async () => {
    let count = 0;
    const { url, sessions } = await nodeServer((stream) => {
      const isSecond = ++count === 2;
      if (isSecond) stream.session?.goaway(constants.NGHTTP2_NO_ERROR, (stream.id ?? 0) - 2);
      else stream.respond({ 'x-count': String(count) }, { endStream: true });
    }, undefined);
    const client = http2Client(undefined);
    for (const expected of ['1', '3']) {
      const response = await client.serve(HttpRequest.from({ method: 'POST', target: url, body: 'x' }));
      expect([response.status, response.headers.get('x-count')]).toEqual([200, expected]);
    }
    expect(sessions.length).toBe(2);
  });

  it('GOAWAY with an error says why what is behind it fails', async () => {
    const { url } = await nodeServer((stream) => {
      stream.session?.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM, undefined, Buffer.from('slow down'));
      stream.session?.destroy();
    }, undefined);
    const request = HttpRequest.from({ method: 'POST', target: url, body: 'x' });
    await expect(http2Client(undefined).serve(request)).rejects.toMatchObject({
      cause: { code: 'LML_ERR_HTTP2_GOAWAY', errorCode: constants.NGHTTP2_ENHANCE_YOUR_CALM, debugText: 'slow down' },
    });
  });

  it('a client that is closed finishes what is under way, and says GOAWAY', async () => {
    const { url, sessions } = await nodeServer((stream) => {
      stream.respond();
      setTimeout(() => stream.end('done'), 20);
    }, undefined);
    const client = http2Client(undefined);
    const response = await client.serve(HttpRequest.from({ target: url }));
    const [session] = sessions;
    if (session === undefined) throw new Error('there is a session');
    const left = once(session, 'goaway');
    const closed = client.close();
    expect(await response.body.text()).toBe('done');
    await closed;
    expect((await left)[0]).toBe(constants.NGHTTP2_NO_ERROR);
  });
});

describe('PING', () => {
  it('is answered with the same bytes', async () => {
    const { url, sessions } = await echo();
    const client = http2Client(undefined);
    await (await client.serve(HttpRequest.from({ target: url }))).body.text();
    for (let round = 0; round < 20; round++) {
      expect(await pinged(sessions[0], Buffer.from(`round ${String(round).padStart(2)}`))).toBe(
        `round ${String(round).padStart(2)}`,
      );
    }
  });

  it('is sent to a server that is silent, and what it answers keeps the connection', async () => {
    const { url, sessions } = await nodeServer((stream) => {
      stream.session?.once('ping', () => stream.respond({}, { endStream: true }));
    }, undefined);
    const client = http2Client(undefined, { http2: { timeouts: { keepAliveMs: 20 } } });
    expect((await client.serve(HttpRequest.from({ target: url }))).status).toBe(200);
    expect(sessions.length).toBe(1);
  });
});

describe('settings that a server changes', () => {
  it('a window of nothing holds content back until it is opened', async () => {
    const { url, sessions } = await echo({ initialWindowSize: 0 });
    const client = http2Client(undefined);
    const chunks = chunksOf([10, 70_000, 5]);
    await (await client.serve(HttpRequest.from({ target: url }))).body.text();
    const answer = client.serve(HttpRequest.from({ method: 'POST', target: url, body: chunks }));
    await pinged(sessions[0]);
    const [stream] = streamsOf(sessions[0]);
    expect(stream?.readableLength).toBe(0);
    await changed(sessions[0], { initialWindowSize: 1 });
    await changed(sessions[0], { initialWindowSize: 100_000 });
    expect(sumOf([await (await answer).body.bytes()])).toBe(sumOf(chunks));
  });

  it.each<Settings>([
    { headerTableSize: 0 },
    { headerTableSize: 30 },
    { headerTableSize: 65_536 },
    { maxFrameSize: 1_000_000 },
    { initialWindowSize: 1_000_000 },
    { maxHeaderListSize: 100_000 },
  ])('%j in the middle of its life', async (settings) => {
    const { url, sessions } = await echo();
    const client = http2Client(undefined);
    const chunks = chunksOf([100_000]);
    const ask = async (): Promise<void> => {
      const headers = Array.from({ length: 30 }, (_each, index): [string, string] => [`x-${index}`, `v${index}`]);
      const request = HttpRequest.from({ method: 'POST', target: `${url}/some/path`, headers, body: chunks });
      const response = await client.serve(request);
      expect(sumOf([await response.body.bytes()])).toBe(sumOf(chunks));
      expect(response.headers.get('x-29')).toBe('v29');
    };
    await ask();
    await changed(sessions[0], settings);
    await ask();
    await changed(sessions[0], { headerTableSize: 4_096, maxFrameSize: 16_384, initialWindowSize: 65_535 });
    await ask();
    await Promise.all([ask(), ask(), changed(sessions[0], settings), ask()]);
    expect(sessions.length).toBe(1);
  });

  it('fewer streams: the others take another connection, and none is refused', async () => {
    const { url, sessions } = await echo();
    const client = http2Client(undefined);
    const ask = async (): Promise<number> => {
      const response = await client.serve(HttpRequest.from({ method: 'POST', target: url, body: ['a', 'b'] }));
      await response.body.text();
      return response.status;
    };
    await ask();
    await changed(sessions[0], { maxConcurrentStreams: 2 });
    expect(await Promise.all(Array.from({ length: 20 }, ask))).toEqual(Array.from({ length: 20 }, () => 200));
    expect(sessions.length).toBeGreaterThan(1);
  });
});

describe('frames that nobody needs', () => {
  it('ALTSVC and ORIGIN are passed over, padding is taken off', async () => {
    const { url, sessions } = await nodeServer(
      (stream) => {
        stream.respond({ 'x-a': 'b' });
        stream.pipe(stream);
      },
      undefined,
      { paddingStrategy: constants.PADDING_STRATEGY_MAX },
    );
    const client = http2Client(undefined);
    const chunks = chunksOf([5, 100_000, 1]);
    for (let round = 0; round < 5; round++) {
      const response = await client.serve(HttpRequest.from({ method: 'POST', target: url, body: chunks }));
      expect(sumOf([await response.body.bytes()])).toBe(sumOf(chunks));
      sessions[0]?.altsvc('h2=":8000"', 'https://example.test:80');
      sessions[0]?.origin('https://example.test');
    }
    expect(sessions.length).toBe(1);
  });

  it('a client of ours takes no push', async () => {
    const allowed: boolean[] = [];
    const { url } = await nodeServer((stream) => {
      allowed.push(stream.pushAllowed);
      stream.respond({}, { endStream: true });
    }, undefined);
    await http2Client(undefined).serve(HttpRequest.from({ target: url }));
    expect(allowed).toEqual([false]);
  });
});

describe('Expect: 100-continue', () => {
  it.each([
    ['is told to go on', true],
    ['is refused', false],
  ])('content %s', async (_name, goesOn) => {
    const { url } = await nodeServer((stream) => {
      if (goesOn) {
        stream.additionalHeaders({ ':status': 100 });
        stream.respond();
        stream.pipe(stream);
      } else stream.respond({ ':status': 417 }, { endStream: true });
    }, undefined);
    let asked = 0;
    const body = HttpBody.from(
      (function* () {
        asked++;
        yield 'content';
      })(),
    );
    const response = await http2Client(undefined, { http2: { expectContinueTimeoutMs: 60_000 } }).serve(
      HttpRequest.from({ method: 'POST', target: url, headers: { Expect: '100-continue' }, body }),
    );
    expect([response.status, await response.body.text(), asked]).toEqual(goesOn ? [200, 'content', 1] : [417, '', 0]);
  });
});

describe('tunnels', () => {
  it('CONNECT', async () => {
    const { url, authority } = await nodeServer((stream, headers) => {
      expect([headers[':method'], headers[':authority'], headers[':path']]).toEqual(['CONNECT', authority, undefined]);
      stream.respond();
      stream.pipe(stream);
    }, undefined);
    expect(url).toContain(authority);
    const response = await http2Client(undefined).serve(HttpRequest.from({ method: 'CONNECT', target: authority }));
    expect(response.status).toBe(200);
    await echoes(response.upgraded);
  });

  it('extended CONNECT, which looks like an upgrade', async () => {
    const { url } = await nodeServer(
      (stream, headers) => {
        expect([headers[':method'], headers[':protocol'], headers[':path']]).toEqual(['CONNECT', 'echo', '/x']);
        stream.respond();
        stream.pipe(stream);
      },
      undefined,
      { settings: { enableConnectProtocol: true } },
    );
    const headers = { Connection: 'Upgrade', Upgrade: 'echo' };
    const response = await http2Client(undefined).serve(HttpRequest.from({ target: `${url}/x`, headers }));
    expect([response.status, response.headers.get('upgrade')]).toEqual([101, 'echo']);
    await echoes(response.upgraded);
  });

  it('a server that does not take it is not asked', async () => {
    const { url, sessions } = await echo();
    const headers = { Connection: 'Upgrade', Upgrade: 'echo' };
    await expect(http2Client(undefined).serve(HttpRequest.from({ target: url, headers }))).rejects.toMatchObject({
      code: 'LML_ERR_HTTP_UPGRADE_UNSUPPORTED',
    });
    expect(streamsOf(sessions[0])).toEqual([]);
  });
});

const streams = new WeakMap<Http2Session, ServerHttp2Stream[]>();

function streamsOf(session: Http2Session | undefined): readonly ServerHttp2Stream[] {
  return (session === undefined ? undefined : streams.get(session)) ?? [];
}

/** A server that sends back what it gets, fields and content. */
function echo(settings: Settings = {}): Promise<NodeServer> {
  return nodeServer(
    (stream, headers) => {
      if (stream.session !== undefined) streams.set(stream.session, [...streamsOf(stream.session), stream]);
      stream.respond(Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('x-'))));
      stream.pipe(stream);
    },
    undefined,
    { settings },
  );
}

async function echoes(connection: Connection | undefined): Promise<void> {
  if (connection === undefined) throw new Error('there is no tunnel');
  const { stream } = connection;
  const chunks = chunksOf([1, 100_000, 16_384]);
  const received: Buffer[] = [];
  const reading = (async () => {
    for (let chunk = await stream.read(); chunk !== undefined; chunk = await stream.read()) {
      received.push(Buffer.from(chunk));
    }
  })();
  for (const chunk of chunks) await stream.write([chunk]);
  await stream.closeWrite();
  await reading;
  expect(sumOf(received)).toBe(sumOf(chunks));
  expect(await stream.closed).toEqual({ reason: 'eof' });
}

function pinged(session: Http2Session | undefined, payload = Buffer.alloc(8)): Promise<string> {
  return new Promise((resolve, reject) => {
    session?.ping(payload, (error, _durationMs, bytes) => (error ? reject(error) : resolve(bytes.toString())));
  });
}

function changed(session: Http2Session | undefined, settings: Settings): Promise<void> {
  return new Promise((resolve, reject) => {
    session?.settings(settings, (error) => (error ? reject(error) : resolve()));
  });
}
