import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { HttpClient } from '@lamella/http';
import { HttpHeaders, HttpRequest } from '@lamella/http';
import { directClientOn, httpClientOn } from '@lamella/http/testing';
import { checkLedger } from '@lamella/net-core/testing';
import { createLifecycle, serviceFn } from '@lamella/service-core';
import { FakeClock, settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { WebSocketConnection, WebSocketServiceOptions } from '../index.ts';
import { connectWebSocket, deflateBudget, webSocketService } from '../index.ts';

checkLedger({ beforeEach, afterEach });
const clients: HttpClient[] = [];
afterEach(() => clients.splice(0).forEach((client) => void client.destroy()));

const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const ACCEPT = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo='; // both from RFC 6455 section 1.3

/** A handshake as it should be, but for what a test changes; `undefined` takes a field away. */
function handshake(changes: Readonly<Record<string, string | readonly string[] | undefined>> = {}): HttpHeaders {
  const fields = {
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Key': KEY,
    'Sec-WebSocket-Version': '13',
    ...changes,
  };
  const headers = HttpHeaders.from();
  for (const [name, value] of Object.entries(fields)) {
    for (const each of value === undefined ? [] : [value].flat()) headers.append(name, each);
  }
  return headers;
}

/** What a service answers to a handshake, without bytes. */
async function answer(
  options: Partial<WebSocketServiceOptions>,
  headers: HttpHeaders,
  init: { readonly method?: string; readonly body?: string; readonly target?: string; readonly version?: '1.0' } = {},
) {
  const service = webSocketService({ onConnection() {}, ...options } as WebSocketServiceOptions);
  const response = await directClientOn(service).serve(
    HttpRequest.from({ target: 'http://app.test/chat', headers, ...init }),
  );
  const text = await response.body.text();
  response[Symbol.dispose]();
  return { status: response.status, headers: response.headers, text };
}

describe('a handshake', () => {
  it('is accepted with 101 and the key understood', async () => {
    const { status, headers } = await answer({}, handshake());
    expect([status, ...headers]).toEqual([
      101,
      ['Upgrade', 'websocket'],
      ['Connection', 'Upgrade'],
      ['Sec-WebSocket-Accept', ACCEPT],
    ]);
  });

  it.each([
    ['in another case', { Upgrade: 'WebSocket', Connection: 'keep-alive, UPGRADE' }],
    ['among other protocols', { Upgrade: 'chat, websocket' }],
  ])('is accepted %s', async (_how, changes) => {
    expect((await answer({}, handshake(changes))).status).toBe(101);
  });

  it.each<[string, number, Record<string, string | string[] | undefined>]>([
    ['without Upgrade', 426, { Upgrade: undefined }],
    ['for something else', 426, { Upgrade: 'chat' }],
    ['for what only looks like it', 426, { Upgrade: 'websocket2' }],
    ['that Connection does not name', 426, { Connection: 'keep-alive' }],
    ['without a version', 426, { 'Sec-WebSocket-Version': undefined }],
    ['of version 8', 426, { 'Sec-WebSocket-Version': '8' }],
    ['of several versions', 426, { 'Sec-WebSocket-Version': ['13', '13'] }],
    ['of a list of versions', 426, { 'Sec-WebSocket-Version': '13, 8' }],
    ['without a key', 400, { 'Sec-WebSocket-Key': undefined }],
    ['with an empty key', 400, { 'Sec-WebSocket-Key': '' }],
    ['with two keys', 400, { 'Sec-WebSocket-Key': [KEY, KEY] }],
    ['with a key that is too short', 400, { 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25j' }],
    ['with a key that is too long', 400, { 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZXg=' }],
    ['with a key that is no Base64', 400, { 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25j!g==' }],
    ['with a key whose last bits are not zero', 400, { 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZR==' }],
    ['with a subprotocol that is no token', 400, { 'Sec-WebSocket-Protocol': 'a b' }],
    ['with an empty subprotocol', 400, { 'Sec-WebSocket-Protocol': 'a,,b' }],
    ['with a subprotocol twice', 400, { 'Sec-WebSocket-Protocol': ['a', 'a'] }],
  ])('%s is answered with %d', async (_what, status, changes) => {
    const refused = await answer({ protocols: ['a'] }, handshake(changes));
    expect(refused.status).toBe(status);
    expect(refused.text).not.toBe('');
    if (status === 426) expect(refused.headers.get('upgrade')).toBe('websocket');
  });

  it('of another version is told the right one', async () => {
    const { headers } = await answer({}, handshake({ 'Sec-WebSocket-Version': '25' }));
    expect(headers.get('sec-websocket-version')).toBe('13');
  });

  it('by POST is answered with 405, with content 400, in HTTP/1.0 426', async () => {
    const posted = await answer({}, handshake(), { method: 'POST' });
    expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET']);
    expect((await answer({}, handshake(), { body: 'x' })).status).toBe(400);
    expect((await answer({}, handshake(), { version: '1.0' })).status).toBe(426);
  });
});

describe('the subprotocol', () => {
  it.each<[string, readonly string[], string | undefined, string | undefined]>([
    ['is the one that the server likes best', ['b', 'a'], 'a, b', 'b'],
    ['may be offered in several fields', ['b'], 'a , b', 'b'],
    ['is none if none is offered', ['a'], undefined, undefined],
    ['is none if none fits', ['a'], 'b', undefined],
    ['is compared in its case', ['chat'], 'Chat', undefined],
  ])('%s', async (_what, protocols, offer, expected) => {
    const { status, headers } = await answer({ protocols }, handshake({ 'Sec-WebSocket-Protocol': offer }));
    expect([status, headers.get('sec-websocket-protocol')]).toEqual([101, expected]);
  });
});

describe('the origin of a page', () => {
  it.each<[WebSocketServiceOptions['origins'], string | readonly string[] | undefined, number]>([
    [undefined, undefined, 101],
    [undefined, 'http://app.test', 101],
    [undefined, 'https://app.test', 101], // TLS ends in front of us
    [undefined, 'http://app.test:80', 101],
    [undefined, 'http://app.test:8080', 403],
    [undefined, 'http://evil.test', 403],
    [undefined, 'http://app.test.evil.test', 403],
    [undefined, 'http://user@evil.test', 403],
    [undefined, 'null', 403],
    [undefined, 'nonsense', 403],
    [undefined, ['http://app.test', 'http://app.test'], 403],
    ['any', 'http://evil.test', 101],
    [['https://other.test'], 'https://other.test', 101],
    [['https://other.test'], 'http://other.test', 403],
    [['https://other.test'], 'http://app.test', 403],
    [['https://other.test'], undefined, 101],
    [(origin, request) => origin === `x:${request.path}`, 'x:/chat', 101],
    [() => false, 'http://app.test', 403],
  ])('by the rule %o: %s is answered with %d', async (origins, origin, status) => {
    const options = origins === undefined ? {} : { origins };
    expect((await answer(options, handshake({ Origin: origin }))).status).toBe(status);
  });

  it('takes a promise of a rule for no yes', async () => {
    const origins = (async () => true) as never; // as from code without types
    expect((await answer({ origins }, handshake({ Origin: 'http://app.test' }))).status).toBe(403);
  });

  it('is refused where it makes no URL with the port that was asked for', async () => {
    const asked = { Host: 'app.test:8080', Origin: 'file://app.test' };
    expect((await answer({}, handshake(asked))).status).toBe(403);
  });

  it.each(['https://app.example/', 'app.example', 'https://APP.example', ''])('can not be listed as %j', (origin) => {
    expect(() => webSocketService({ onConnection() {}, origins: [origin] })).toThrow('origins must be like');
  });
});

describe('compression', () => {
  const offer = 'permessage-deflate; client_max_window_bits';

  it('is off unless it is asked for', async () => {
    const { headers } = await answer({}, handshake({ 'Sec-WebSocket-Extensions': offer }));
    expect(headers.has('sec-websocket-extensions')).toBe(false);
  });

  it.each<[string, string | undefined]>([
    [offer, 'permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=12'],
    ['permessage-deflate; server_max_window_bits=10', undefined],
    ['permessage-deflate; nonsense', undefined],
    ['x-other', undefined],
  ])('answers %s with %s', async (offered, expected) => {
    const { status, headers } = await answer({ deflate: true }, handshake({ 'Sec-WebSocket-Extensions': offered }));
    expect([status, headers.get('sec-websocket-extensions')]).toEqual([101, expected]);
  });

  it('refuses an offer that can not be read', async () => {
    const malformed = handshake({ 'Sec-WebSocket-Extensions': 'permessage-deflate; =' });
    expect((await answer({ deflate: true }, malformed)).status).toBe(400);
  });

  it('is left out when the budget is used up, and its memory comes back with an answer that is never sent', async () => {
    const budget = deflateBudget({ maxBytes: 75_000 });
    const service = webSocketService({ onConnection() {}, deflate: { budget } });
    const ask = () =>
      directClientOn(service).serve(
        HttpRequest.from({
          target: 'http://app.test/',
          headers: handshake({ 'Sec-WebSocket-Extensions': offer }),
        }),
      );
    const first = await ask();
    const second = await ask();
    expect([first, second].map(({ headers }) => headers.has('sec-websocket-extensions'))).toEqual([true, false]);
    expect(budget.usedBytes).toBeGreaterThan(60_000);
    first[Symbol.dispose]();
    expect(budget.usedBytes).toBe(0);
  });
});

describe('options that make no sense', () => {
  it.each<[Partial<WebSocketServiceOptions>, string]>([
    [{ onConnection() {}, handler: serviceFn(() => {}) }, 'give either handler or onConnection'],
    [{}, 'give either handler or onConnection'],
    [{ onConnection() {}, protocols: ['a b'] }, 'protocols must be different tokens'],
    [{ onConnection() {}, protocols: ['a\r\nX: 1'] }, 'protocols must be different tokens'],
    [{ onConnection() {}, protocols: ['a', 'a'] }, 'protocols must be different tokens'],
    [{ onConnection() {}, limits: { maxMessageBytes: 0 } }, 'maxMessageBytes must be an integer'],
    [{ onConnection() {}, limits: { maxMessageBytes: 2 ** 31 } }, 'maxMessageBytes must be an integer'],
    [{ onConnection() {}, limits: { maxFragments: 1.5 } }, 'maxFragments must be an integer'],
    [{ onConnection() {}, limits: { maxBufferedBytes: 0 } }, 'maxBufferedBytes must be > 0'],
    [{ onConnection() {}, timeouts: { pingIntervalMs: 0 } }, 'pingIntervalMs must be > 0'],
    [{ onConnection() {}, timeouts: { pongTimeoutMs: Number.NaN } }, 'pongTimeoutMs must be > 0'],
    [{ onConnection() {}, timeouts: { idleTimeoutMs: -1 } }, 'idleTimeoutMs must be > 0'],
    [{ onConnection() {}, timeouts: { closeTimeoutMs: 0 } }, 'closeTimeoutMs must be > 0'],
    [{ onConnection() {}, deflate: { windowBits: 8 } }, 'windowBits must be an integer from 9 to 15'],
    [{ onConnection() {}, deflate: { memoryLevel: 10 } }, 'memoryLevel must be an integer from 1 to 9'],
    [{ onConnection() {}, deflate: { level: 0 } }, 'level must be an integer from 1 to 9'],
    [{ onConnection() {}, deflate: { thresholdBytes: -1 } }, 'thresholdBytes must be >= 0'],
  ])('are refused: %o', (options, message) => {
    expect(() => webSocketService(options as WebSocketServiceOptions)).toThrow(message);
  });

  it('are refused for a budget too, and undefined is the default', () => {
    expect(() => deflateBudget({ maxBytes: -1 })).toThrow('maxBytes must be >= 0');
    webSocketService({ onConnection() {}, limits: { maxFragments: undefined } as never });
  });
});

describe('the handler', () => {
  function open(options: WebSocketServiceOptions) {
    const clock = new FakeClock();
    const errors: unknown[] = [];
    const client = httpClientOn(webSocketService({ clock, ...options }), {
      clock,
      onError: (error) => errors.push(error),
    });
    clients.push(client);
    const connect = () => connectWebSocket(client, { url: 'ws://app.test/chat', protocols: ['x'], clock });
    return { connect, errors, clock };
  }

  it('gets the WebSocket and the request, and closes with 1000 by returning', async () => {
    const { connect, clock } = open({
      protocols: ['x'],
      async onConnection(socket, request) {
        await socket.send(`${request.path} ${socket.protocol} ${await socket.receive()}`);
      },
    });
    const socket = await connect();
    await socket.send('hello');
    expect([socket.protocol, await socket.receive(), await socket.receive()]).toEqual([
      'x',
      '/chat x hello',
      undefined,
    ]);
    expect(await socket.closed).toEqual({ code: 1000, reason: '', wasClean: true, initiator: 'remote' });
    await settle();
    expect(clock.pendingTimers).toBe(0);
  });

  it('closes with 1011 by failing, and the server hears of it', async () => {
    const failure = new Error('broken');
    const { connect, errors } = open({ handler: serviceFn(() => Promise.reject(failure)) });
    const socket = await connect();
    expect(await socket.receive()).toBeUndefined();
    expect(await socket.closed).toMatchObject({ code: 1011, reason: 'the server failed' });
    await settle();
    expect(errors).toEqual([failure]);
  });

  it('alone decides how long the request lives', async () => {
    const requests: WeakRef<HttpRequest>[] = [];
    const { connect } = open({
      onConnection(socket, request) {
        requests.push(new WeakRef(request));
        return socket.closed.then(() => {});
      },
    });
    const socket = await connect();
    await settle();
    collectGarbage();
    expect([requests.length, requests[0]?.deref()]).toEqual([1, undefined]);
    await socket.close();
  });

  it('that throws closes with 1011 as well', async () => {
    const failure = new Error('thrown');
    const { connect, errors } = open({
      onConnection() {
        throw failure;
      },
    });
    expect(await (await connect()).closed).toMatchObject({ code: 1011 });
    await settle();
    expect(errors).toEqual([failure]);
  });

  it('does not fail by what the peer did', async () => {
    const { connect, errors } = open({
      async onConnection(socket) {
        for await (const message of socket) await socket.send(message);
      },
    });
    const socket = await connect();
    socket.destroy(new Error('gone'));
    await settle(8);
    expect(errors).toEqual([]);
  });

  it('may keep the WebSocket as long as it runs, and a drain ends it with 1001', async () => {
    const clock = new FakeClock();
    const lifecycle = createLifecycle({ clock });
    const sockets: WebSocketConnection[] = [];
    const { connect } = open({
      clock,
      lifecycle,
      async onConnection(socket) {
        sockets.push(socket);
        await socket.closed;
      },
    });
    const socket = await connect();
    const report = lifecycle.drain({ graceMs: 1_000 });
    expect(await socket.receive()).toBeUndefined();
    expect(await socket.closed).toMatchObject({ code: 1001, wasClean: true });
    expect((await report).protocols).toEqual({ websocket: { finished: 1, closed: 0, cut: 0 } });
    expect(sockets[0]?.state).toBe('closed');
  });
});

/** Collects what nobody holds, by the switch that Node has for it. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void; // what the flag brings
  gc();
}
