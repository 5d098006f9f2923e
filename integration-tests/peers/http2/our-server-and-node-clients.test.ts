import { once } from 'node:events';
import type { ClientHttp2Session, ClientHttp2Stream, Settings } from 'node:http2';
import { constants } from 'node:http2';
import type { HttpRequest } from '@lamella/http';
import { HttpResponse } from '@lamella/http';
import { Http2Client } from '@lamella/http2';
import type { Connection } from '@lamella/net-core';
import { serviceFn } from '@lamella/service-core';
import { describe, expect, it } from 'vitest';
import { useLedger } from '../../support/ledger.ts';
import { chunksOf, sumOf } from './support/exchange.ts';
import { contentOf } from './support/node-plays.ts';
import { nodeClient } from './support/node-side.ts';
import { serveBoth } from './support/our-side.ts';

useLedger();

/** With NO_ERROR a client of Node says the end of its request. */
const RESETS: Readonly<Record<string, number>> = {
  PROTOCOL_ERROR: 1,
  INTERNAL_ERROR: 2,
  FLOW_CONTROL_ERROR: 3,
  SETTINGS_TIMEOUT: 4,
  STREAM_CLOSED: 5,
  FRAME_SIZE_ERROR: 6,
  REFUSED_STREAM: 7,
  CANCEL: 8,
  COMPRESSION_ERROR: 9,
  CONNECT_ERROR: 10,
  ENHANCE_YOUR_CALM: 11,
  INADEQUATE_SECURITY: 12,
  HTTP_1_1_REQUIRED: 13,
};

describe('resets by a client of Node', () => {
  it.each(Object.entries(RESETS))('%s ends what is done for it', async (resetCode, code) => {
    const began = Promise.withResolvers<void>();
    const reasons = [Promise.withResolvers<unknown>(), Promise.withResolvers<unknown>()] as const;
    const { url, errors } = await serveBoth(async (request) => {
      const isFirst = request.path === '/silent';
      request.scope.onAbort((reason) => reasons[isFirst ? 0 : 1].resolve(reason));
      if (isFirst) {
        began.resolve();
        return new Promise(() => {}); // nobody waits for it
      }
      return HttpResponse.from({ body: endless() });
    }, undefined);
    const session = await nodeClient(url, undefined);
    const silent = requestOf(session, { ':path': '/silent' });
    await began.promise;
    silent.close(code);
    const body = requestOf(session, { ':path': '/body' });
    await once(body, 'data');
    body.close(code);
    for (const { promise } of reasons) {
      expect(await promise).toMatchObject({ code: 'LML_ERR_HTTP_STREAM_RESET', resetCode, origin: 'remote' });
    }
    expect(errors).toEqual([]); // a client that leaves is nobody's failure
    expect(await pinged(session)).toBe('        ');
  });
});

describe('what our server breaks off', () => {
  it('is INTERNAL_ERROR when the source of a body fails, and others go on', async () => {
    const { url, errors } = await serveBoth(async ({ path }) => {
      if (path !== '/fails') return HttpResponse.text('well');
      const body = (async function* () {
        yield 'begin';
        throw new Error('the source is gone');
      })();
      return HttpResponse.from({ body });
    }, undefined);
    const session = await nodeClient(url, undefined);
    const stream = requestOf(session, { ':path': '/fails' });
    const failed = once(stream, 'error');
    const other = contentOf(requestOf(session, {}));
    stream.resume();
    expect((await failed)[0]).toMatchObject({ code: 'ERR_HTTP2_STREAM_ERROR' });
    expect(stream.rstCode).toBe(constants.NGHTTP2_INTERNAL_ERROR);
    expect((await other).body).toBe(sumOf([Buffer.from('well')]));
    expect(errors).toMatchObject([{ message: 'the source is gone' }]);
  });

  it('is the rest of a request that is answered before its end', async () => {
    const { url, errors } = await serveBoth(async () => HttpResponse.text('enough', { status: 413 }), undefined);
    const session = await nodeClient(url, undefined);
    for (let round = 0; round < 5; round++) {
      const stream = requestOf(session, { ':method': 'POST' }, false);
      const content = contentOf(stream);
      const closed = once(stream, 'close');
      stream.write(Buffer.alloc(1_000_000));
      const [head] = await once(stream, 'response');
      expect(head[':status']).toBe(413);
      expect((await content).body).toBe(sumOf([Buffer.from('enough')]));
      await closed;
      expect(stream.rstCode).toBe(constants.NGHTTP2_NO_ERROR);
    }
    expect(errors).toEqual([]);
  });
});

describe('draining', () => {
  it('says GOAWAY in two steps, and finishes what is under way', async () => {
    const release = Promise.withResolvers<void>();
    const began = Promise.withResolvers<void>();
    const { url, lifecycle } = await serveBoth(async () => {
      began.resolve();
      await release.promise;
      return HttpResponse.text('done');
    }, undefined);
    const session = await nodeClient(url, undefined);
    const steps: [code: number, last: number][] = [];
    session.on('goaway', (code, last) => steps.push([code, last]));
    const slow = contentOf(requestOf(session, {}));
    await began.promise;
    const drained = lifecycle.drain({ graceMs: 10_000 });
    while (steps.length < 2) await once(session, 'goaway');
    release.resolve();
    expect((await slow).body).toBe(sumOf([Buffer.from('done')]));
    const report = await drained;
    expect(report.protocols['h2']).toMatchObject({ finished: 1, cut: 0 });
    expect(steps).toEqual([
      [0, 0x7fff_ffff],
      [0, 1],
    ]);
  });
});

describe('PING and settings of a client of Node', () => {
  it('PING is answered with the same bytes', async () => {
    const { url } = await serveEcho();
    const session = await nodeClient(url, undefined);
    for (let round = 10; round < 30; round++) {
      expect(await pinged(session, Buffer.from(`round ${round}`))).toBe(`round ${round}`);
    }
  });

  it('a window of nothing holds content back until it is opened', async () => {
    const { url } = await serveEcho();
    const session = await nodeClient(url, undefined, { settings: { initialWindowSize: 0 } });
    const stream = requestOf(session, { ':method': 'POST' }, false);
    const content = contentOf(stream);
    const chunks = chunksOf([100_000]);
    for (const chunk of chunks) stream.write(chunk);
    stream.end();
    await once(stream, 'response');
    await pinged(session);
    expect(stream.readableLength).toBe(0);
    await changed(session, { initialWindowSize: 1 });
    await changed(session, { initialWindowSize: 65_535 });
    expect((await content).body).toBe(sumOf(chunks));
  });

  it.each<Settings>([
    { headerTableSize: 0 },
    { headerTableSize: 30 },
    { headerTableSize: 65_536 },
    { maxFrameSize: 1_000_000 },
    { initialWindowSize: 1_000_000 },
    { maxHeaderListSize: 100_000 },
  ])('%j in the middle of its life', async (settings) => {
    const { url, connections } = await serveEcho();
    const session = await nodeClient(url, undefined);
    const fields = Object.fromEntries(Array.from({ length: 30 }, (_each, index) => [`x-${index}`, `v${index}`]));
    const chunks = chunksOf([100_000]);
    const ask = async (): Promise<void> => {
      const stream = requestOf(session, { ':method': 'POST', ...fields }, false);
      const content = contentOf(stream);
      for (const chunk of chunks) stream.write(chunk);
      stream.end();
      const [head] = await once(stream, 'response');
      expect(head).toMatchObject(fields);
      expect((await content).body).toBe(sumOf(chunks));
    };
    await ask();
    await changed(session, settings);
    await ask();
    await changed(session, { headerTableSize: 4_096, maxFrameSize: 16_384, initialWindowSize: 65_535 });
    await ask();
    await Promise.all([ask(), ask(), changed(session, settings), ask()]);
    expect(connections()).toEqual({ open: 1, accepted: 1 });
  });

  it('are what the server knows of its client, in order', async () => {
    const { url } = await serveBoth(
      async ({ extensions }) => HttpResponse.json(extensions.get(Http2Client)?.settings),
      undefined,
    );
    const session = await nodeClient(url, undefined, {
      settings: { headerTableSize: 8_192, initialWindowSize: 77_777 },
    });
    const stream = requestOf(session, {});
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    const settings: [number, number][] = JSON.parse(Buffer.concat(chunks).toString());
    expect(settings).toContainEqual([1, 8_192]);
    expect(settings).toContainEqual([4, 77_777]);
  });

  it('padding is taken off', async () => {
    const { url } = await serveEcho();
    const session = await nodeClient(url, undefined, { paddingStrategy: constants.PADDING_STRATEGY_MAX });
    for (let round = 0; round < 5; round++) {
      const stream = requestOf(session, { ':method': 'POST' }, false);
      const content = contentOf(stream);
      const chunks = chunksOf([1, 100_000, 17]);
      for (const chunk of chunks) stream.write(chunk);
      stream.end();
      expect((await content).body).toBe(sumOf(chunks));
    }
  });
});

describe('Expect: 100-continue', () => {
  it('is answered when the service wants the content, and not if it refuses it', async () => {
    const { url } = await serveBoth(async ({ path, body }) => {
      if (path === '/no') return HttpResponse.from({ status: 417 });
      return HttpResponse.from({ body: await body.bytes() });
    }, undefined);
    const session = await nodeClient(url, undefined);
    const yes = requestOf(session, { ':method': 'POST', expect: '100-continue' }, false);
    const content = contentOf(yes);
    await once(yes, 'continue');
    yes.end('content');
    expect((await content).body).toBe(sumOf([Buffer.from('content')]));

    const no = requestOf(session, { ':method': 'POST', ':path': '/no', expect: '100-continue' }, false);
    let isTold = false;
    no.on('continue', () => {
      isTold = true;
    });
    const [head] = await once(no, 'response');
    no.resume().end();
    expect([head[':status'], isTold]).toEqual([417, false]);
  });
});

describe('tunnels', () => {
  const tunnelling = () =>
    serveBoth(async (request: HttpRequest) => {
      const { method, target, headers, path } = request;
      const isConnect = method === 'CONNECT';
      if (!isConnect && !headers.has('upgrade')) return HttpResponse.from({ status: 404 });
      const told = { 'X-Told': `${isConnect ? target : `${path} ${headers.get('upgrade')}`}` };
      return HttpResponse.upgrade({ status: isConnect ? 200 : 101, headers: told }, serviceFn(echoTunnel));
    }, undefined);

  it('CONNECT', async () => {
    const { url, errors } = await tunnelling();
    const session = await nodeClient(url, undefined);
    const stream = session.request({ ':method': 'CONNECT', ':authority': 'example.test:443' }, { endStream: false });
    await echoes(stream, 'example.test:443');
    expect(errors).toEqual([]);
  });

  it('extended CONNECT, which services see as an upgrade', async () => {
    const { url, errors } = await tunnelling();
    const session = await nodeClient(url, undefined);
    if (session.remoteSettings?.enableConnectProtocol !== true) await once(session, 'remoteSettings');
    expect(session.remoteSettings.enableConnectProtocol).toBe(true);
    const head = { ':method': 'CONNECT', ':protocol': 'echo', ':path': '/x' };
    await echoes(session.request(head, { endStream: false }), '/x echo');
    expect(errors).toEqual([]);
  });
});

async function echoTunnel({ stream }: Connection): Promise<void> {
  for (let chunk = await stream.read(); chunk !== undefined; chunk = await stream.read()) {
    await stream.write([Buffer.from(chunk)]);
  }
  await stream.closeWrite();
  await stream.closed;
}

async function echoes(stream: ClientHttp2Stream, told: string): Promise<void> {
  const content = contentOf(stream);
  const [head] = await once(stream, 'response');
  expect(head).toMatchObject({ ':status': 200, 'x-told': told });
  const chunks = chunksOf([1, 100_000, 16_384]);
  for (const chunk of chunks) stream.write(chunk);
  stream.end();
  expect((await content).body).toBe(sumOf(chunks));
}

/** A server that sends back what it gets, fields and content. */
function serveEcho() {
  return serveBoth(async ({ headers, body }) => {
    const own = [...headers].filter(([name]) => name.startsWith('x-'));
    return HttpResponse.from({ headers: own, body });
  }, undefined);
}

async function* endless(): AsyncGenerator<Uint8Array> {
  for (;;) {
    yield Buffer.alloc(10_000);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function requestOf(
  session: ClientHttp2Session,
  fields: Readonly<Record<string, string>>,
  endStream = true,
): ClientHttp2Stream {
  const stream = session.request(fields, { endStream });
  stream.on('error', () => {}); // who waits for it hears of it
  return stream;
}

function pinged(session: ClientHttp2Session, payload = Buffer.alloc(8, ' ')): Promise<string> {
  return new Promise((resolve, reject) => {
    session.ping(payload, (error, _durationMs, bytes) => (error ? reject(error) : resolve(bytes.toString())));
  });
}

function changed(session: ClientHttp2Session, settings: Settings): Promise<void> {
  return new Promise((resolve, reject) => {
    session.settings(settings, (error) => (error ? reject(error) : resolve()));
  });
}
