import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { createHttpClient, HttpRequest, HttpResponse, httpServerLayer, turnWrites } from '@lamella/http';
import { http2ServerLayer } from '@lamella/http2';
import type { Connection } from '@lamella/net-core';
import { createConnection, serveListener } from '@lamella/net-core';
import { checkLedger } from '@lamella/net-core/testing';
import { listenTcp, tcpConnector } from '@lamella/net-tcp';
import type { Lifecycle, Service } from '@lamella/service-core';
import { AbortScope, createLifecycle, serviceFn } from '@lamella/service-core';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';

checkLedger({ beforeEach, afterEach });

const LAYERS = { 'HTTP/1.1': httpServerLayer, 'HTTP/2': http2ServerLayer };
/** By HTTP/2: the preface, empty SETTINGS, and HEADERS that end stream 1, of indexed fields and `:authority: a`. */
const GETS = {
  'HTTP/1.1': 'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
  'HTTP/2': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0\0\0\x06\x01\x05\0\0\0\x01\x82\x86\x84\x41\x01a',
};
/** By HTTP/2: DATA that ends stream 1. */
const ANSWERS = {
  'HTTP/1.1': /^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\nhere$/,
  'HTTP/2': /\0\0\x04\0\x01\0\0\0\x01here/,
};
const NUMBER_AT_END = /\r\n\r\n(\d{4})$/;

describe.each(['HTTP/1.1', 'HTTP/2'] as const)('%s', (version) => {
  it.each([1, 2, 40])(
    'answers of %i connections arrive, given in the very turn in which all is destroyed',
    async (count) => {
      const lifecycle = createLifecycle();
      const allAsked = Promise.withResolvers<void>();
      let asked = 0;
      const service = serviceFn(async (_: HttpRequest) => {
        if (++asked === count) allAsked.resolve();
        await allAsked.promise;
        return HttpResponse.text('here');
      });
      const port = await listen(LAYERS[version]({ lifecycle })(service), lifecycle);
      const answers = Array.from({ length: count }, () => ask(port, GETS[version]));
      await allAsked.promise;
      for (let step = 0; step < 20; step++) await undefined; // the answers are given, and not yet written
      await lifecycle.drain({ graceMs: 0 });
      for (const answer of await Promise.all(answers)) expect(answer).toMatch(ANSWERS[version]);
    },
  );

  it('an answer arrives although the scope of its connection ends in the very turn in which it was given', async () => {
    const lifecycle = createLifecycle();
    const scope = new AbortScope();
    const given = Promise.withResolvers<void>();
    const service = serviceFn(async (_: HttpRequest) => {
      given.resolve();
      return HttpResponse.text('here');
    });
    const http = LAYERS[version]({ lifecycle })(service);
    const inScope = serviceFn(({ stream }: Connection) => http.serve(createConnection(stream, { scope })));
    const port = await listen(inScope, lifecycle);
    const answer = ask(port, GETS[version]);
    await given.promise;
    for (let step = 0; step < 20; step++) await undefined; // it is given, and not yet written
    scope.abort(new Error('over'));
    expect(await answer).toMatch(ANSWERS[version]);
    await lifecycle.drain({ graceMs: 0 });
  });

  it('content comes on chunk by chunk in a few turns, however many connections write', async () => {
    const lifecycle = createLifecycle();
    let turn = 0;
    let counting = setImmediate(function count() {
      turn++;
      counting = setImmediate(count);
    });
    onTestFinished(() => clearImmediate(counting));
    const turns: number[] = [];
    const service = serviceFn(async (_: HttpRequest) => {
      const first = turn;
      async function* chunks() {
        for (let count = 0; count < 12; count++) yield Buffer.alloc(5_000); // all of it fits into a window
        turns.push(turn - first);
      }
      return HttpResponse.from({ body: chunks() });
    });
    const port = await listen(LAYERS[version]({ lifecycle })(service), lifecycle);
    const sockets = await Promise.all(Array.from({ length: 10 }, () => connected(port)));
    for (const socket of sockets) socket.resume().write(GETS[version], 'latin1');
    await expect.poll(() => turns.length).toBe(10);
    expect(Math.max(...turns)).toBeLessThan(6);
    for (const socket of sockets) socket.destroy();
    await lifecycle.drain({ graceMs: 0 });
  });

  it('answers leave although somebody has replaced setImmediate for a while', async () => {
    const lifecycle = createLifecycle();
    const service = serviceFn(async (_: HttpRequest) => HttpResponse.text('here'));
    const port = await listen(LAYERS[version]({ lifecycle })(service), lifecycle);
    const real = globalThis.setImmediate;
    onTestFinished(() => void vi.useRealTimers());
    vi.useFakeTimers({ toFake: ['setImmediate'] });
    const socket = await connected(port);
    let received = '';
    socket.setEncoding('latin1').on('data', (chunk) => {
      received += chunk;
    });
    socket.write(GETS[version], 'latin1');
    for (let turn = 0; turn < 10_000 && !received.includes('here'); turn++)
      await new Promise((resolve) => real(resolve));
    expect(received).toMatch(ANSWERS[version]);
    socket.destroy();
    vi.useRealTimers();
    await lifecycle.drain({ graceMs: 0 });
  });
});

it('answers of one stream wait for those of other connections, and answers of many streams for each other', async () => {
  const lifecycle = createLifecycle();
  const gathered = vi.spyOn(turnWrites, 'gather');
  onTestFinished(() => gathered.mockRestore());
  const port = await listen(
    http2ServerLayer({ lifecycle })(serviceFn((_: HttpRequest) => HttpResponse.text('here'))),
    lifecycle,
  );
  const greeting = GETS['HTTP/2'].slice(0, -15);
  const get = (stream: number) => `\0\0\x06\x01\x05\0\0\0${String.fromCharCode(stream)}\x82\x86\x84\x41\x01a`;
  const socket = connect(port, '127.0.0.1');
  let received = '';
  socket.setEncoding('latin1').on('data', (chunk) => {
    received += chunk;
  });
  socket.write(greeting, 'latin1');
  const answered = (count: number) => expect.poll(() => received.split('here').length - 1).toBe(count);
  socket.write(get(1), 'latin1');
  await answered(1);
  expect(gathered).toHaveBeenCalled();
  await new Promise((resolve) => setTimeout(resolve, 20)); // the greeting is answered as well
  gathered.mockClear();
  socket.write([3, 5, 7, 9].map(get).join(''), 'latin1');
  await answered(5);
  expect(gathered).not.toHaveBeenCalled();
  socket.destroy();
  await lifecycle.drain({ graceMs: 0 });
});

it('an answer arrives although all is destroyed in its turn and its request is still coming in', async () => {
  for (let round = 0; round < 5; round++) {
    const lifecycle = createLifecycle();
    const given = Promise.withResolvers<void>();
    const service = serviceFn(async (_: HttpRequest) => {
      given.resolve();
      return HttpResponse.from({ status: 413, body: 'too large' });
    });
    const port = await serve(service, lifecycle);
    const socket = connect(port, '127.0.0.1');
    let received = '';
    socket.on('data', (chunk) => {
      received += chunk;
    });
    socket.on('error', () => {}); // the rest of the request meets a reset
    const closed = new Promise((resolve) => socket.on('close', resolve));
    socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nabc');
    await given.promise;
    for (let step = 0; step < 20; step++) await undefined;
    await lifecycle.drain({ graceMs: 0 });
    await closed;
    expect(received).toMatch(/^HTTP\/1\.1 413 [\s\S]*\r\n\r\ntoo large$/);
  }
});

it('each gets the bytes that were given to it, also if the service uses their memory again', async () => {
  const lifecycle = createLifecycle();
  const scratch = Buffer.alloc(4);
  let asked = 1_000;
  const service = serviceFn(async (_: HttpRequest) => {
    scratch.write(String(++asked));
    return HttpResponse.from({ body: scratch });
  });
  const port = await serve(service, lifecycle);
  const sockets = await Promise.all(Array.from({ length: 30 }, () => connected(port)));
  const numbers: number[] = [];
  for (let round = 0; round < 20; round++) {
    const answers = sockets.map((socket) => {
      socket.write(GETS['HTTP/1.1']);
      return textUntil(socket, NUMBER_AT_END);
    });
    for (const answer of await Promise.all(answers)) numbers.push(Number(NUMBER_AT_END.exec(answer)?.[1]));
  }
  expect(numbers.toSorted()).toEqual(Array.from({ length: 600 }, (_, index) => 1_001 + index));
  for (const socket of sockets) socket.destroy();
  await lifecycle.drain({ graceMs: 0 });
});

it.each(['GET /2 HT', 'GET /2 HTTP/1.1\r\nHost: a\r\n\r\n'])(
  'an answer arrives although all is destroyed in its turn and %j is there behind its request',
  async (next) => {
    const lifecycle = createLifecycle();
    const given = Promise.withResolvers<void>();
    const service = serviceFn(async ({ path }: HttpRequest) => {
      if (path === '/2') return new Promise<HttpResponse>(() => {});
      given.resolve();
      return HttpResponse.text('here');
    });
    const port = await serve(service, lifecycle);
    const socket = await connected(port);
    let received = '';
    socket
      .on('error', () => {})
      .on('data', (chunk) => {
        received += chunk;
      });
    const closed = new Promise((resolve) => socket.on('close', resolve));
    socket.write(`GET /1 HTTP/1.1\r\nHost: a\r\n\r\n${next}`);
    await given.promise;
    for (let step = 0; step < 20; step++) await undefined;
    await lifecycle.drain({ graceMs: 0 });
    await closed;
    expect(received).toMatch(ANSWERS['HTTP/1.1']);
  },
);

it('a request comes before what its connection becomes, also if the peer has switched before it was asked', async () => {
  for (let round = 0; round < 6; round++) {
    const received: string[] = [];
    const peers: Socket[] = [];
    const server = createServer((socket) => {
      peers.push(socket);
      socket.on('data', (chunk) => {
        received.push(chunk.toString('latin1'));
        if (chunk.includes('/first')) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await using client = createHttpClient({ connector: tcpConnector() });
    const at = (path: string) => ({ target: `http://127.0.0.1:${port}${path}` });
    await (await client.serve(HttpRequest.from(at('/first')))).body.text();
    peers[0]?.write('HTTP/1.1 101 X\r\nUpgrade: chat\r\nConnection: Upgrade\r\n\r\n');
    const lookedAt = performance.now();
    while (performance.now() - lookedAt < 20); // it is in the kernel, and nobody has read it
    const headers = { Upgrade: 'chat', Connection: 'Upgrade' };
    const outcome = await client.serve(HttpRequest.from({ ...at('/second'), headers })).catch(() => undefined);
    void outcome?.upgraded?.stream.write([Buffer.from('of the user')]);
    await outcome?.upgraded?.stream.closeWrite();
    outcome?.upgraded?.stream.destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
    expect(received.join('')).toMatch(/^GET \/first [\s\S]*\r\n\r\n(GET \/second [\s\S]*\r\n\r\n(of the user)?)?$/);
  }
});

it('heads of upgrades come before what their handlers write, however many there are in a turn', async () => {
  const lifecycle = createLifecycle();
  const allAsked = Promise.withResolvers<void>();
  let asked = 0;
  const service = serviceFn(async (_: HttpRequest) => {
    if (++asked === 10) allAsked.resolve();
    await allAsked.promise;
    const headers = { Upgrade: 'chat', Connection: 'Upgrade' };
    const handler = serviceFn(async ({ stream }: Connection) => {
      void stream.write([Buffer.from('hello')]);
      await stream.closeWrite();
    });
    return HttpResponse.upgrade({ headers }, handler);
  });
  const port = await serve(service, lifecycle);
  const head = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n';
  const answers = await Promise.all(Array.from({ length: 10 }, () => ask(port, head)));
  for (const answer of answers) expect(answer).toMatch(/^HTTP\/1\.1 101 Switching Protocols\r\n[\s\S]*\r\n\r\nhello$/);
  await lifecycle.drain({ graceMs: 0 });
});

it('requests that come one behind the other are answered in their order, and those before a broken one too', async () => {
  const lifecycle = createLifecycle();
  const service = serviceFn(async (request: HttpRequest) => HttpResponse.text(request.path));
  const port = await serve(service, lifecycle);
  const gets = Array.from({ length: 40 }, (_, number) => `GET /${number} HTTP/1.1\r\nHost: a\r\n\r\n`).join('');
  const connections = Array.from({ length: 5 }, () => ask(port, `${gets}broken\r\n\r\n`));
  for (const answer of await Promise.all(connections)) {
    const bodies = answer.split(/HTTP\/1\.1 [0-9]+ /).map((part) => part.split('\r\n\r\n')[1]);
    expect(bodies.slice(1, 41)).toEqual(Array.from({ length: 40 }, (_, number) => `/${number}`));
    expect(answer).toMatch(/HTTP\/1\.1 400 /);
  }
  await lifecycle.drain({ graceMs: 0 });
});

async function serve(
  service: Parameters<ReturnType<typeof httpServerLayer>>[0],
  lifecycle: Lifecycle,
): Promise<number> {
  return listen(httpServerLayer({ lifecycle })(service), lifecycle);
}

async function listen(service: Service<Connection, void>, lifecycle: Lifecycle): Promise<number> {
  const listener = await listenTcp({ port: 0, host: '127.0.0.1' });
  void serveListener(listener, service, { lifecycle });
  const { address } = listener;
  if (address.type !== 'tcp') throw new Error('a TCP listener has a TCP address');
  return address.port;
}

async function connected(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

/** @returns What comes, as soon as it has `pattern`. */
async function textUntil(socket: Socket, pattern: RegExp): Promise<string> {
  let received = '';
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    received += chunk.toString('latin1');
    if (pattern.test(received)) break;
  }
  return received;
}

/** Sends bytes by a connection of its own. @returns All that came back. */
async function ask(port: number, bytes: string): Promise<string> {
  const socket = await connected(port);
  socket.write(bytes, 'latin1');
  return text(socket.setEncoding('latin1'));
}
