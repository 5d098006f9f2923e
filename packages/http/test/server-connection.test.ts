import type { Connection } from '@lamella/net-core';
import { checkLedger } from '@lamella/net-core/testing';
import { createLifecycle, LimitError, serviceFn, TimeoutError } from '@lamella/service-core';
import { FakeClock, settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HttpRequest } from '../src/index.ts';
import { HttpBody, HttpResponse } from '../src/index.ts';
import type { RawClient, RawClientOptions } from './support/raw-client.ts';
import { rawClient, withoutDate } from './support/raw-client.ts';

checkLedger({ beforeEach, afterEach });
const opened: RawClient[] = [];
afterEach(async () => {
  for (const client of opened.splice(0)) {
    client.stream.destroy(new Error('the test is over'));
    await client.served;
    expect(client.clock.pendingTimers).toBe(0);
  }
});

describe('a request and its response', () => {
  it('leave in one write, with length, date and type', async () => {
    const client = open(async () => HttpResponse.text('hello'));
    client.send(GET);
    expect(await client.received()).toBe(
      'HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 5\r\n' +
        'Date: Wed, 01 Jan 2020 00:00:00 GMT\r\n\r\nhello',
    );
    expect(client.chunkCount).toBe(1);
  });

  it('send head and first chunk of a stream together, but do not hold the head for it', async () => {
    const later = Promise.withResolvers<string>();
    const client = open(async ({ path }) =>
      HttpResponse.from({
        body: (async function* () {
          if (path === '/later') yield await later.promise;
          yield 'now';
        })(),
      }),
    );
    client.send(GET);
    expect(withoutDate(await client.received())).toBe(`${CHUNKED}3\r\nnow\r\n0\r\n\r\n`);
    expect(client.chunkCount).toBeLessThanOrEqual(2); // head and chunk; the end

    client.send(GET.replace('/', '/later'));
    expect(withoutDate(await client.received())).toBe(CHUNKED);
    later.resolve('late');
    expect(await client.received()).toBe('4\r\nlate\r\n3\r\nnow\r\n0\r\n\r\n');
  });

  it('answer pipelined requests in order, and together when they came together', async () => {
    const client = open(async ({ path }) => HttpResponse.text(path));
    client.send(`${GET.replace('/', '/a')}${GET.replace('/', '/b')}${GET.replace('/', '/c')}`);
    const text = await client.received();
    expect(text.match(/\/[abc]$|\/[abc](?=HTTP)/g)).toEqual(['/a', '/b', '/c']);
    expect(client.chunkCount).toBe(1);
  });

  it('do not make a quick answer wait for a slow one behind it', async () => {
    const slow = Promise.withResolvers<void>();
    const client = open(async ({ path }) => {
      if (path === '/slow') await slow.promise;
      return HttpResponse.text(path);
    });
    client.send(GET.replace('/', '/quick') + GET.replace('/', '/slow'));
    expect(await client.received()).toMatch(/\/quick$/);
    slow.resolve();
    expect(await client.received()).toMatch(/\/slow$/);
  });

  it('may be text beyond ASCII, bytes, or nothing', async () => {
    const bodies: Record<string, HttpBody> = {
      '/text': HttpBody.from('grüße'),
      '/bytes': HttpBody.from(Uint8Array.of(1, 255)),
      '/large': HttpBody.from(new Uint8Array(50_000).fill(120)),
      '/none': HttpBody.empty,
    };
    const client = open(async ({ path }) => HttpResponse.from({ body: bodies[path] ?? HttpBody.empty }));
    for (const [path, expected] of [
      ['/text', 'Content-Length: 7\r\n\r\ngr\xc3\xbc\xc3\x9fe'],
      ['/bytes', 'Content-Length: 2\r\n\r\n\x01\xff'],
      ['/large', `Content-Length: 50000\r\n\r\n${'x'.repeat(50_000)}`],
      ['/none', 'Content-Length: 0\r\n\r\n'],
    ] as const) {
      client.send(GET.replace('/', path));
      expect(withoutDate(await client.received())).toBe(`HTTP/1.1 200 OK\r\n${expected}`);
    }
  });

  it('see a request body that is here as a whole one, without waiting', async () => {
    const seen: unknown[] = [];
    const client = open(async (request) => {
      seen.push(request.body.canClone, request.body.size);
      return HttpResponse.text(await request.body.text());
    });
    client.send(
      'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\nX: y\r\n\r\n',
    );
    expect(await client.received()).toMatch(/abcde$/);
    expect(seen).toEqual([true, 5]);
  });
});

describe('a request body', () => {
  it('is asked for by 100 (Continue) when it is read, and only then', async () => {
    const read = Promise.withResolvers<void>();
    const client = open(async (request) => {
      await read.promise;
      return HttpResponse.text(await request.body.text());
    });
    client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n');
    expect(await client.received()).toBe('');
    read.resolve();
    expect(await client.received()).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    client.send('ok');
    expect(await client.received()).toMatch(/ok$/);
  });

  it('is asked for when the response is made of it, before the head of that', async () => {
    const client = open(async ({ body }) => HttpResponse.from({ body }));
    client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n');
    expect(await client.received()).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    client.send('ec');
    expect(await client.received()).toMatch(/^HTTP\/1\.1 200 OK\r\nContent-Length: 4\r\n.*\r\n\r\nec$/s);
    client.send(`ho${GET}`);
    expect(await client.received()).toMatch(/^ho/);
    expect(client.ended).toBe('no');
  });

  it('is not asked for when the response is a stream of something else; then the connection ends', async () => {
    const client = open(async () => HttpResponse.from({ body: HttpBody.from(['stream', 'ed']) }));
    client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n');
    expect(withoutDate(await client.received())).toMatch(
      /^HTTP\/1\.1 200 OK\r\n.*\r\n\r\n6\r\nstream\r\n2\r\ned\r\n0\r\n\r\n$/s,
    );
    expect(client.ended).toBe('end');
  });

  it('may be waited for by a response that fails: then there is a response that says so', async () => {
    const client = open(async () => HttpResponse.from({ body: HttpBody.from(failing()) }));
    client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n');
    expect(await client.received()).toMatch(/^HTTP\/1\.1 500 /);
    expect(client.ended).toBe('end');
  });

  it('is not asked for when the answer is there already; then the connection ends', async () => {
    const client = open(async () => HttpResponse.text('no', { status: 413 }));
    client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n');
    expect(await client.received()).toMatch(/^HTTP\/1.1 413 .*Connection: close\r\n\r\nno$/s);
    expect(client.ended).toBe('end');
  });

  it('that nobody reads is thrown away up to 64 KiB, and the connection goes on', async () => {
    const client = open(async () => HttpResponse.text('ok'));
    client.send(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n${'x'.repeat(30_000)}`);
    expect(await client.received()).toMatch(/ok$/);
    client.send('x'.repeat(30_000) + GET);
    expect(await client.received()).toMatch(/ok$/);
    expect(client.ended).toBe('no');
  });

  it('that nobody reads ends the connection beyond 64 KiB', async () => {
    const client = open(async () => HttpResponse.text('ok'));
    client.send(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 70000\r\n\r\n`);
    expect(await client.received()).toMatch(/ok$/);
    client.send('x'.repeat(66_000));
    await client.received();
    expect(client.ended).toBe('end');
  });

  it('that is answered before it is read whole is never taken for a whole one by who goes on reading', async () => {
    const read = Promise.withResolvers<string>();
    const client = open(async (request) => {
      request.body.text().then(read.resolve, read.reject);
      return HttpResponse.text('accepted');
    });
    client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello');
    const refusal = expect(read.promise).rejects.toMatchObject({ code: 'LML_ERR_CLOSED' });
    expect(await client.received()).toMatch(/accepted$/);
    client.send(`world${GET}`);
    await refusal;
    expect(client.ended).toBe('no');
  });

  it('that breaks a rule when its answer is complete ends the connection in good order: the answer arrives', async () => {
    const client = open(async () => HttpResponse.text('no', { status: 403 }));
    client.send('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n');
    await settle(4);
    client.send('not a size\r\n');
    expect(await client.received()).toMatch(/^HTTP\/1.1 403 .*no$/s);
    expect(client.ended).toBe('end');
  });

  it('in tiny chunks does not weigh more than its bytes, and arrives whole', async () => {
    const client = open(async (request) => HttpResponse.text(String((await request.body.bytes()).length)));
    client.send('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n');
    for (let batch = 0; batch < 10; batch++) client.send('1\r\nx\r\n'.repeat(1_000));
    client.send('0\r\n\r\n');
    expect(await client.received()).toMatch(/10000$/);
  });

  it('reaches the reader in order when it is kept instead of copied', async () => {
    const client = open(async (request) => {
      const bytes = Buffer.from(await request.body.bytes());
      return HttpResponse.text(`${bytes.length} ${bytes.every((byte, index) => byte === ((index >> 12) & 0xff))}`);
    });
    const body = Buffer.from(Array.from({ length: 200_000 }, (_, index) => (index >> 12) & 0xff));
    client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n');
    await client.stream.write([body]);
    expect(await client.received()).toMatch(/200000 true$/);
  });

  it('fails for its reader when the client breaks a rule in it, and the answer is ours', async () => {
    const seen: unknown[] = [];
    const client = open(async (request) => {
      await request.body.bytes().catch((error: unknown) => seen.push(error));
      seen.push(request.signal.reason);
      return HttpResponse.text('too late');
    });
    client.send('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n');
    await settle();
    client.send('nonsense');
    expect(await client.received()).toMatch(/^HTTP\/1.1 400 Bad Request\r\n.*Connection: close\r\n\r\nBad Request\n$/s);
    expect(seen).toMatchObject([{ code: 'LML_ERR_HTTP1_BAD_CHUNK_SIZE' }, { code: 'LML_ERR_HTTP1_BAD_CHUNK_SIZE' }]);
    expect(client.ended).toBe('end');
    expect(client.errors).toEqual([]);
  });
});

describe('deadlines', () => {
  it.each([
    ['nothing at all', ''],
    ['a part of a head', 'GET / HTTP/1.1\r\nHo'],
  ])('end a connection that sends %s, 408 only where a request has begun', async (_what, sent) => {
    const client = open(async () => HttpResponse.text('ok'));
    client.send(sent);
    await client.clock.advanceAsync(19_999);
    expect(client.ended).toBe('no');
    await client.clock.advanceAsync(1);
    expect(await client.received()).toMatch(sent === '' ? /^$/ : /^HTTP\/1.1 408 Request Timeout\r\n/);
    expect(client.ended).toBe('end');
  });

  it('give every later head its own time, from its first byte', async () => {
    const client = open(async () => HttpResponse.text('ok'));
    client.send(GET);
    await client.received();
    await client.clock.advanceAsync(90_000);
    client.send('GET / HT');
    await client.clock.advanceAsync(19_999);
    expect(client.ended).toBe('no');
    await client.clock.advanceAsync(1);
    expect(await client.received()).toMatch(/^HTTP\/1.1 408/);
  });

  it('close an idle connection after 95 s without a word', async () => {
    const client = open(async () => HttpResponse.text('ok'));
    client.send(GET);
    await client.received();
    await client.clock.advanceAsync(94_999);
    expect(client.ended).toBe('no');
    await client.clock.advanceAsync(1);
    expect(await client.received()).toBe('');
    expect(client.ended).toBe('end');
  });

  it('answer a body that stands still with 408, and tell its reader', async () => {
    const seen: unknown[] = [];
    const client = open(async (request) => {
      await request.body.bytes().catch((error: unknown) => seen.push(error));
      return HttpResponse.text('too late');
    });
    client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nabc');
    await client.clock.advanceAsync(30_000);
    expect(await client.received()).toMatch(/^HTTP\/1.1 408/);
    expect(seen).toMatchObject([
      { code: 'LML_ERR_TIMEOUT', limit: 'bodyProgressTimeoutMs', facts: { phase: 'request-body' } },
    ]);
  });

  it('let a slow upload of two hours pass', async () => {
    const client = open(async (request) => {
      let length = 0;
      for await (const chunk of request.body) length += chunk.length;
      return HttpResponse.text(String(length));
    });
    client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 360000\r\n\r\n');
    for (let second = 0; second < 7_200; second += 10) {
      client.send('x'.repeat(500));
      await client.clock.advanceAsync(10_000);
    }
    expect(await client.received()).toMatch(/360000$/);
  });

  it('do not run while the handler does not read', async () => {
    const read = Promise.withResolvers<void>();
    const client = open(async (request) => {
      await read.promise;
      return HttpResponse.text(await request.body.text());
    });
    client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\na');
    await client.clock.advanceAsync(600_000);
    read.resolve();
    await settle();
    client.send('bc');
    expect(await client.received()).toMatch(/abc$/);
  });

  it('reset a client that does not read a response which the service has given whole', async () => {
    const client = open(async () => HttpResponse.from({ body: new Uint8Array(1_000_000) }), { stopsReading: true });
    client.send(GET);
    await client.clock.advanceAsync(59_999);
    expect(client.clock.pendingTimers).toBe(1);
    await client.clock.advanceAsync(1);
    await client.served;
    expect(await client.stream.closed).toMatchObject({ reason: 'reset' });
  });

  it('reset a client that does not read a late response, a minute after it began', async () => {
    const late = Promise.withResolvers<void>();
    const endless = async function* (): AsyncGenerator<Uint8Array> {
      for (;;) yield new Uint8Array(64 * 1024);
    };
    const client = open(
      async () => {
        await late.promise;
        return HttpResponse.from({ body: endless() });
      },
      { stopsReading: true },
    );
    client.send(GET);
    await client.clock.advanceAsync(200_000); // no deadline is left from the request
    expect(client.clock.pendingTimers).toBe(0);
    late.resolve();
    await client.clock.advanceAsync(59_999);
    expect(client.clock.pendingTimers).toBe(1);
    await client.clock.advanceAsync(1);
    await client.served;
    expect(await client.stream.closed).toMatchObject({ reason: 'reset' });
  });

  it('give a client that reads slowly the end of the last response; if it stops reading, it is reset', async () => {
    const client = open(async () => HttpResponse.from({ body: new Uint8Array(1_000_000) }), { stopsReading: true });
    client.send('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    await client.clock.advanceAsync(10_000); // longer than a close lingers
    let bytesIn = (await client.stream.read())?.length ?? 0;
    await client.clock.advanceAsync(40_000);
    while (true) {
      const chunk = await client.stream.read();
      if (chunk === undefined) break;
      bytesIn += chunk.length;
    }
    expect(bytesIn).toBeGreaterThan(1_000_000);
    await client.clock.advanceAsync(2_000);
    await client.served;

    const stopped = open(async () => HttpResponse.from({ body: new Uint8Array(1_000_000) }), { stopsReading: true });
    stopped.send('GET / HTTP/1.0\r\n\r\n');
    await stopped.clock.advanceAsync(59_999);
    expect(stopped.clock.pendingTimers).toBe(1);
    await stopped.clock.advanceAsync(1);
    await stopped.served;
    expect(await stopped.stream.closed).toMatchObject({ reason: 'reset' });
  });

  it('reset a client that does not read its response', async () => {
    const clock = new FakeClock();
    const cancelled: unknown[] = [];
    const client = open(
      async () =>
        HttpResponse.from({
          body: (async function* () {
            try {
              for (;;) yield new Uint8Array(64 * 1024);
            } finally {
              cancelled.push('source ended');
            }
          })(),
        }),
      { clock, stopsReading: true },
    );
    client.send(GET);
    await clock.advanceAsync(59_000);
    expect(cancelled).toEqual([]);
    await clock.advanceAsync(2_000);
    expect(cancelled).toEqual(['source ended']);
    await client.served;
  });
});

describe('a service that fails', () => {
  it.each([
    [new Error('secret detail'), 500],
    [new LimitError({ limit: 'maxBytes', maximum: 1, observed: 2 }), 413],
    [new LimitError({ limit: 'maxQueued', maximum: 1, observed: 2 }), 503],
    [new TimeoutError({ limit: 'timeoutMs', timeoutMs: 1 }), 503],
  ])('is answered with the status of its error: %s', async (error, status) => {
    const client = open(() => Promise.reject(error));
    client.send(GET + GET);
    const text = await client.received();
    expect(text.match(new RegExp(`HTTP/1.1 ${status} `, 'g'))).toHaveLength(2);
    expect(text).not.toContain('secret');
    expect(client.errors).toEqual([error, error]);
  });

  it('by throwing, by an impossible response, or by a wrong upgrade is answered with 500', async () => {
    const client = open(((request: HttpRequest) => {
      if (request.path === '/throw') throw new Error('thrown');
      if (request.path === '/length') {
        return Promise.resolve(HttpResponse.from({ headers: { 'Content-Length': '5' }, body: 'four' }));
      }
      return Promise.resolve(
        HttpResponse.upgrade(
          { headers: { Upgrade: 'x' } },
          serviceFn(() => {}),
          { guard },
        ),
      );
    }) as (request: HttpRequest) => Promise<HttpResponse>);
    let disposed = 0;
    const guard = { [Symbol.dispose]: () => void disposed++ };
    for (const path of ['/throw', '/length', '/upgrade']) {
      client.send(GET.replace('/', path));
      expect(await client.received()).toMatch(/^HTTP\/1.1 500 /);
    }
    expect(disposed).toBe(1);
    expect(client.errors).toMatchObject([
      { message: 'thrown' },
      { code: 'LML_ERR_HTTP1_BODY_LENGTH_MISMATCH' },
      { code: 'LML_ERR_HTTP1_BAD_SWITCH' },
    ]);
  });

  it('in the middle of a response resets the connection: never a fake end', async () => {
    const client = open(async () =>
      HttpResponse.from({
        body: (async function* () {
          yield 'partial';
          await settle();
          throw new Error('source broke');
        })(),
      }),
    );
    client.send(GET);
    expect(await client.received()).toMatch(/partial/);
    expect(client.ended).toBe('reset');
    expect(client.errors).toMatchObject([{ message: 'source broke' }]);
  });

  it.each([
    ['too short', 10],
    ['too long', 3],
  ])('by a body that is %s for its stated size resets the connection', async (_how, size) => {
    const client = open(async () => HttpResponse.from({ body: HttpBody.from(['four', ''], { size }) }));
    client.send(GET);
    await client.received();
    expect(client.ended).toBe('reset');
    expect(client.errors).toMatchObject([{ code: 'LML_ERR_HTTP1_BODY_LENGTH_MISMATCH' }]);
  });
});

describe('a client that goes', () => {
  it('aborts the request with a typed reason, cancels the response body, and is no failure of the service', async () => {
    const seen: unknown[] = [];
    const client = open((request) => {
      request.scope.onAbort((reason) => seen.push(reason));
      return new Promise((_resolve, reject) => request.scope.onAbort(reject));
    });
    client.send(GET);
    await settle();
    client.stream.destroy(new Error('gone'));
    await client.served;
    expect(seen).toMatchObject([{ code: 'LML_ERR_STREAM_RESET' }]);
    expect(client.errors).toEqual([]);
  });

  it('leaves a late response to be thrown away', async () => {
    const answer = Promise.withResolvers<HttpResponse>();
    const cancelled = Promise.withResolvers<void>();
    const client = open(() => answer.promise);
    client.send(GET);
    await settle();
    client.stream.destroy(new Error('gone'));
    await client.served;
    const body = HttpBody.fromSource({ read: () => new Promise(() => {}), cancel: () => cancelled.resolve() });
    answer.resolve(HttpResponse.from({ body }));
    await cancelled.promise;
  });

  it('by ending its direction still gets its answer', async () => {
    const client = open(async () => {
      await settle();
      return HttpResponse.text('still answered');
    });
    client.send(GET);
    void client.stream.closeWrite();
    expect(await client.received()).toMatch(/still answered$/);
    expect(client.ended).toBe('end');
    await client.served;
  });

  it('in the middle of a message is told so, if it listens', async () => {
    for (const sent of ['GET / HTTP/1.1\r\nHo', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc']) {
      const client = open(async (request) => HttpResponse.text(await request.body.text()));
      client.send(sent);
      void client.stream.closeWrite();
      expect(await client.received()).toMatch(/^HTTP\/1.1 400 /);
      expect(client.ended).toBe('end');
    }
  });
});

describe('upgrades', () => {
  const echo = serviceFn(async ({ stream }: Connection) => {
    for (let chunk = await stream.read(); chunk !== undefined; chunk = await stream.read()) await stream.write([chunk]);
  });
  const upgrading = async (request: HttpRequest): Promise<HttpResponse> =>
    request.method === 'CONNECT'
      ? HttpResponse.upgrade({ status: 200 }, echo)
      : HttpResponse.upgrade({ headers: { Upgrade: 'echo' } }, echo);
  const UPGRADE = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n';
  const SWITCHED = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n';
  const CONNECT = 'CONNECT db.test:5432 HTTP/1.1\r\nHost: db.test:5432\r\n\r\n';

  it('lose no byte, wherever handshake and payload are cut', async () => {
    for (const [handshake, answer] of [
      [UPGRADE, SWITCHED],
      [CONNECT, 'HTTP/1.1 200 OK\r\n\r\n'],
    ] as const) {
      const whole = `${handshake}first bytes`;
      for (let cut = 1; cut <= whole.length; cut++) {
        const client = open(upgrading);
        client.send(whole.slice(0, cut));
        if (cut % 3 === 0) await settle(1);
        client.send(whole.slice(cut));
        expect(withoutDate(await client.received())).toBe(`${answer}first bytes`);
        client.stream.destroy();
        await client.served;
      }
    }
  });

  it('wait for the end of the request body, which is never taken for the other protocol', async () => {
    const client = open(upgrading);
    client.send(UPGRADE.replace('\r\n\r\n', '\r\nContent-Length: 10\r\n\r\nbody'));
    expect(await client.received()).toBe('');
    client.send(' again' + 'tunnel');
    expect(withoutDate(await client.received())).toBe(`${SWITCHED}tunnel`);
  });

  it('dispose the guard and never run the handler if the client has gone', async () => {
    let disposed = 0;
    let ran = 0;
    const answer = Promise.withResolvers<void>();
    const client = open(async () => {
      await answer.promise;
      const guard = { [Symbol.dispose]: () => void disposed++ };
      return HttpResponse.upgrade(
        { status: 200 },
        serviceFn(() => void ran++),
        { guard },
      );
    });
    client.send(CONNECT);
    await settle();
    client.stream.destroy(new Error('gone'));
    await client.served;
    answer.resolve();
    await settle();
    expect([disposed, ran]).toEqual([1, 0]);
  });

  it('report a handler that fails, and close what it leaves open', async () => {
    const client = open(async () =>
      HttpResponse.upgrade(
        { status: 200 },
        serviceFn(() => Promise.reject(new Error('handler failed'))),
      ),
    );
    client.send(CONNECT);
    await client.received();
    expect(client.ended).toBe('end');
    expect(client.errors).toMatchObject([{ message: 'handler failed' }]);
  });

  it('fork an upgrade store from the connection, and see its facts', async () => {
    const seen: string[] = [];
    const client = open(async () =>
      HttpResponse.upgrade(
        { status: 200 },
        serviceFn(({ extensions }: Connection) => void seen.push(extensions.scope)),
      ),
    );
    client.send(CONNECT);
    await client.received();
    expect(seen).toEqual(['upgrade']);
  });
});

describe('a drain', () => {
  it('closes idle connections after the pre-drain with a plain end, and lets busy ones finish', async () => {
    const clock = new FakeClock();
    const lifecycle = createLifecycle({ clock });
    const go = Promise.withResolvers<void>();
    const serve = async ({ path }: HttpRequest): Promise<HttpResponse> => {
      if (path === '/slow') await go.promise;
      return HttpResponse.text(path);
    };
    const idle = open(serve, { clock, lifecycle });
    const used = open(serve, { clock, lifecycle });
    const busy = open(serve, { clock, lifecycle });
    idle.send(GET);
    await idle.received();
    busy.send(GET.replace('/', '/slow'));
    const report = lifecycle.drain({ preDrainMs: 1_000, graceMs: 10_000 });

    used.send(GET);
    expect(await used.received()).toMatch(/Connection: close\r\n\r\n\/$/);
    expect(used.ended).toBe('end');
    await clock.advanceAsync(999);
    expect(idle.ended).toBe('no');
    await clock.advanceAsync(1);
    await settle();
    expect(idle.ended).toBe('end');
    go.resolve();
    expect(await busy.received()).toMatch(/Connection: close\r\n\r\n\/slow$/);
    for (const client of [idle, used, busy]) void client.stream.closeWrite();
    await clock.advanceAsync(2_000);
    expect((await report).protocols['http/1.1']).toEqual({ finished: 2, closed: 1, cut: 0 });
  });

  it('cuts what does not finish in the grace by a reset, and ends event streams cleanly', async () => {
    const clock = new FakeClock();
    const lifecycle = createLifecycle({ clock });
    const endless = (type: string) => async () =>
      HttpResponse.from({
        headers: { 'Content-Type': type },
        body: (async function* () {
          yield 'data: 1\n\n';
          await new Promise(() => {});
        })(),
      });
    const events = open(endless('text/event-stream'), { clock, lifecycle });
    const download = open(endless('application/zip'), { clock, lifecycle });
    events.send(GET);
    download.send(GET);
    await Promise.all([events.received(), download.received()]);
    const report = lifecycle.drain({ graceMs: 5_000 });
    expect(await events.received()).toBe('0\r\n\r\n');
    expect(events.ended).toBe('end');
    void events.stream.closeWrite();
    await clock.advanceAsync(5_000);
    await download.received();
    expect(download.ended).toBe('reset');
    await clock.advanceAsync(1_000);
    expect((await report).protocols['http/1.1']).toEqual({ finished: 1, closed: 0, cut: 1 });
  });

  it('gives upgraded connections the grace', async () => {
    const clock = new FakeClock();
    const lifecycle = createLifecycle({ clock });
    const client = open(
      async () =>
        HttpResponse.upgrade(
          { status: 200 },
          serviceFn(({ stream }: Connection) => stream.closed.then(() => {})),
        ),
      { clock, lifecycle },
    );
    client.send('CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n');
    await client.received();
    const report = lifecycle.drain({ graceMs: 1_000 });
    await clock.advanceAsync(999);
    expect(client.ended).toBe('no');
    await clock.advanceAsync(1);
    await client.received();
    expect(client.ended).toBe('reset');
    await clock.advanceAsync(1_000);
    expect((await report).protocols['upgrade']).toEqual({ finished: 0, closed: 0, cut: 1 });
  });
});

describe('limits of a connection', () => {
  it('end it with the last request, or when it is old', async () => {
    const client = open(async () => HttpResponse.text('ok'), { maxRequestsPerConnection: 2 });
    client.send(GET);
    expect(await client.received()).not.toContain('Connection: close');
    client.send(GET);
    expect(await client.received()).toContain('Connection: close');

    const old = open(async () => HttpResponse.text('ok'), { maxConnectionAgeMs: 60_000 });
    old.send(GET);
    expect(await old.received()).not.toContain('Connection: close');
    await old.clock.advanceAsync(60_000);
    old.send(GET);
    expect(await old.received()).toContain('Connection: close');
  });

  it('stop taking requests from a client that does not read its answers', async () => {
    let served = 0;
    const client = open(
      async () => {
        served++;
        return HttpResponse.from({ body: new Uint8Array(50_000) });
      },
      { stopsReading: true },
    );
    client.send(GET.repeat(500));
    await settle(50);
    expect(served).toBeLessThan(20); // 16 answers are held together at most
  });
});

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';

function open(serve: (request: HttpRequest) => Promise<HttpResponse>, options: RawClientOptions = {}): RawClient {
  const client = rawClient({ serve }, options);
  opened.push(client);
  return client;
}

function* failing(): Generator<string> {
  yield* [];
  throw new Error('broken');
}
