import type { HttpClient, HttpRequest } from '@lamella/http';
import { HttpBody, HttpHeaders, HttpResponse } from '@lamella/http';
import { httpClientOn } from '@lamella/http/testing';
import type { Connection } from '@lamella/net-core';
import { checkLedger } from '@lamella/net-core/testing';
import { serviceFn } from '@lamella/service-core';
import { FakeClock, settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { acceptKey } from '../handshake/accept-key.ts';
import type { ConnectWebSocketOptions } from '../index.ts';
import { connectWebSocket, deflateBudget, webSocketService } from '../index.ts';

checkLedger({ beforeEach, afterEach });
const clients: HttpClient[] = [];
afterEach(() => clients.splice(0).forEach((client) => void client.destroy()));

/** Asks a server that answers with `serve`, over HTTP in memory. */
function ask(
  serve: (request: HttpRequest) => HttpResponse | Promise<HttpResponse>,
  options: Partial<ConnectWebSocketOptions> = {},
) {
  const clock = new FakeClock();
  const client = httpClientOn(serviceFn(serve), { clock });
  clients.push(client);
  return { clock, connecting: connectWebSocket(client, { url: 'ws://app.test/', clock, ...options }) };
}

/** Accepts like a WebSocket server, but for some fields; then waits for the end. */
function accepting(changes: Readonly<Record<string, string | undefined>>) {
  return ({ headers }: HttpRequest) => {
    const fields = {
      Upgrade: 'websocket',
      'Sec-WebSocket-Accept': acceptKey(headers.get('sec-websocket-key') ?? ''),
      ...changes,
    };
    const pairs = Object.entries(fields).filter((pair): pair is [string, string] => pair[1] !== undefined);
    const wait = serviceFn(async ({ stream }: Connection) => {
      await stream.read().catch(() => {});
    });
    return HttpResponse.upgrade({ headers: HttpHeaders.from(pairs) }, wait);
  };
}

describe('the handshake of a client', () => {
  it('is a GET with the fields of RFC 6455, and those of the caller', async () => {
    const seen: string[] = [];
    const { connecting } = ask(
      (request) => {
        seen.push(request.method, request.path, request.query ?? '', request.authority ?? '');
        for (const [name, value] of request.headers) seen.push(`${name}: ${value}`);
        return HttpResponse.from({ status: 503 });
      },
      { url: 'ws://app.test/room?a=1', protocols: ['chat', 'talk'], headers: { 'X-Mine': 'yes' } },
    );
    await expect(connecting).rejects.toMatchObject({ status: 503, facts: { retryable: true } });
    expect(seen.map((line) => line.replace(/^(Sec-WebSocket-Key: )[A-Za-z0-9+/]{22}==$/, '$1KEY'))).toEqual([
      'GET',
      '/room',
      'a=1',
      'app.test',
      'Host: app.test',
      'X-Mine: yes',
      'Upgrade: websocket',
      'Connection: Upgrade',
      'Sec-WebSocket-Key: KEY',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Protocol: chat, talk',
    ]);
  });

  it('has another key each time', async () => {
    const keys = new Set<string>();
    for (let round = 0; round < 3; round++) {
      const { connecting } = ask((request) => {
        keys.add(request.headers.get('sec-websocket-key') ?? '');
        return HttpResponse.from({ status: 404 });
      });
      await expect(connecting).rejects.toThrow('refused the WebSocket with 404');
    }
    expect(keys.size).toBe(3);
  });

  it('opens what the server accepts', async () => {
    const echo = webSocketService({
      protocols: ['b'],
      async onConnection(socket) {
        for await (const message of socket) await socket.send(message);
      },
    });
    const { connecting } = ask((request) => echo.serve(request), { protocols: ['a', 'b'] });
    const socket = await connecting;
    await socket.send('ping');
    expect([socket.protocol, socket.isCompressed, await socket.receive()]).toEqual(['b', false, 'ping']);
    expect(await socket.close(4_000, 'enough')).toEqual({
      code: 4_000,
      reason: 'enough',
      wasClean: true,
      initiator: 'local',
    });
  });
});

describe('an answer that is no good one', () => {
  it('tells status, fields and the beginning of the content', async () => {
    const { connecting } = ask(() =>
      HttpResponse.text('no room for you', { status: 401, headers: { 'WWW-Authenticate': 'Basic' } }),
    );
    const error = await connecting.catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: 'LML_ERR_WEBSOCKET_HANDSHAKE_REFUSED',
      status: 401,
      bodyExcerpt: 'no room for you',
    });
    expect((error as { headers: HttpHeaders }).headers.get('www-authenticate')).toBe('Basic'); // as matched above
  });

  it('is cut after 4,096 bytes, however much comes', async () => {
    let pulled = 0;
    async function* endless(): AsyncGenerator<string> {
      for (;;) {
        pulled++;
        yield 'x'.repeat(1_000);
      }
    }
    const { connecting } = ask(() => HttpResponse.from({ status: 500, body: HttpBody.from(endless()) }));
    const error = (await connecting.catch((reason: unknown) => reason)) as { bodyExcerpt: string }; // refused
    expect(error.bodyExcerpt).toBe('x'.repeat(4_096));
    await settle();
    expect(pulled).toBeLessThan(300);
  });

  it('may be a redirect, which is not followed', async () => {
    let asked = 0;
    const { connecting } = ask(() => {
      asked++;
      return HttpResponse.from({ status: 302, headers: { Location: 'http://app.test/other' } });
    });
    await expect(connecting).rejects.toMatchObject({ code: 'LML_ERR_WEBSOCKET_HANDSHAKE_REFUSED', status: 302 });
    expect(asked).toBe(1);
  });

  it('may be 200, which is refused as well', async () => {
    const { connecting } = ask(() => HttpResponse.text('a page'));
    await expect(connecting).rejects.toMatchObject({ status: 200, bodyExcerpt: 'a page' });
  });

  it.each<[string, string, Record<string, string | undefined>]>([
    ['switches to something else', 'BAD_UPGRADE', { Upgrade: 'chat' }],
    ['has no Accept', 'BAD_ACCEPT', { 'Sec-WebSocket-Accept': undefined }],
    ['has a wrong Accept', 'BAD_ACCEPT', { 'Sec-WebSocket-Accept': 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=' }],
    ['chooses a subprotocol that was not offered', 'BAD_PROTOCOL', { 'Sec-WebSocket-Protocol': 'other' }],
    ['chooses an empty subprotocol', 'BAD_PROTOCOL', { 'Sec-WebSocket-Protocol': '' }],
    ['chooses several subprotocols', 'BAD_PROTOCOL', { 'Sec-WebSocket-Protocol': 'a, b' }],
    ['has an extension that was not offered', 'BAD_EXTENSION', { 'Sec-WebSocket-Extensions': 'x-other' }],
    ['compresses unasked', 'BAD_EXTENSION', { 'Sec-WebSocket-Extensions': 'permessage-deflate' }],
  ])('%s', async (_what, code, changes) => {
    const { connecting, clock } = ask(accepting(changes), { protocols: ['a', 'b'] });
    await expect(connecting).rejects.toMatchObject({
      code: `LML_ERR_WEBSOCKET_HANDSHAKE_${code}`,
      status: 101,
      bodyExcerpt: '',
    });
    await settle(8);
    expect(clock.pendingTimers).toBe(0);
  });

  it.each([
    ['twice', 'permessage-deflate; server_max_window_bits=12, permessage-deflate; server_max_window_bits=12'],
    ['beside another', 'permessage-deflate; server_max_window_bits=12, x-other'],
    ['with a window that is too large', 'permessage-deflate; server_max_window_bits=13'],
    ['with a window of any size', 'permessage-deflate'],
    ['with a parameter that is none', 'permessage-deflate; server_max_window_bits=12; nonsense'],
    ['in a form that can not be read', 'permessage-deflate; ='],
  ])('accepts compression %s', async (_how, value) => {
    const { connecting } = ask(accepting({ 'Sec-WebSocket-Extensions': value }), { deflate: true });
    await expect(connecting).rejects.toMatchObject({ code: 'LML_ERR_WEBSOCKET_HANDSHAKE_BAD_EXTENSION' });
    await settle(8);
  });
});

describe('a handshake that takes too long', () => {
  it('ends after handshakeTimeoutMs, and no earlier', async () => {
    const never = Promise.withResolvers<HttpResponse>();
    const { connecting, clock } = ask(() => never.promise, { handshakeTimeoutMs: 700 });
    const ended = connecting.then(
      () => 'open',
      (error: unknown) => error,
    );
    await clock.advanceAsync(699);
    expect(await Promise.race([ended, 'waiting'])).toBe('waiting');
    await clock.advanceAsync(1);
    expect(await ended).toMatchObject({
      code: 'LML_ERR_TIMEOUT',
      limit: 'handshakeTimeoutMs',
      facts: { phase: 'handshake' },
    });
    never.resolve(HttpResponse.text(''));
    await settle(8);
  });

  it('ends with the reason of a signal, before or during, and not once it is open', async () => {
    await expect(ask(() => HttpResponse.text(''), { signal: AbortSignal.abort('before') }).connecting).rejects.toBe(
      'before',
    );
    const during = new AbortController();
    const never = Promise.withResolvers<HttpResponse>();
    const { connecting } = ask(() => never.promise, { signal: during.signal });
    await settle();
    during.abort('during');
    await expect(connecting).rejects.toBe('during');
    never.resolve(HttpResponse.text(''));

    const later = new AbortController();
    const socket = await ask(accepting({}), { signal: later.signal }).connecting;
    later.abort('later');
    await settle();
    expect(socket.state).toBe('open');
    socket.destroy();
    await settle(8);
  });
});

describe('options that make no sense', () => {
  it.each<[Partial<ConnectWebSocketOptions>, string]>([
    [{ url: 'nonsense' }, 'url must be a URL'],
    [{ url: 'ftp://app.test/' }, 'url must begin with ws:'],
    [{ url: 'ws://app.test/#part' }, 'has no fragment'],
    [{ url: 'ws://me:secret@app.test/' }, 'has no user'],
    [{ protocols: ['a b'] }, 'protocols must be different tokens'],
    [{ protocols: ['a\r\nX-Injected: 1'] }, 'protocols must be different tokens'],
    [{ headers: { 'sec-websocket-key': 'x' } }, 'Sec-WebSocket-Key is made by the handshake itself'],
    [{ headers: { Connection: 'close' } }, 'Connection is made by the handshake itself'],
    [{ handshakeTimeoutMs: 0 }, 'handshakeTimeoutMs must be > 0'],
    [{ limits: { maxFragments: 0 } }, 'maxFragments'],
    [{ deflate: { level: 10 } }, 'level'],
  ])('are refused: %o', async (options, message) => {
    const { connecting } = ask(() => HttpResponse.text('never asked'), options);
    await expect(connecting).rejects.toThrow(message);
    await expect(connecting).rejects.toMatchObject({ code: 'LML_ERR_USAGE' });
  });
});

it('does not offer compression for which there is no memory', async () => {
  const seen: (string | undefined)[] = [];
  for (const maxBytes of [1_000, 1_000_000]) {
    const { connecting } = ask(
      ({ headers }) => {
        seen.push(headers.get('sec-websocket-extensions'));
        return HttpResponse.from({ status: 404 });
      },
      { deflate: { budget: deflateBudget({ maxBytes }) } },
    );
    await expect(connecting).rejects.toThrow('404');
  }
  expect(seen).toEqual([
    undefined,
    'permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=12; client_max_window_bits=12',
  ]);
});
