import type { Connection } from '@lamella/net-core';
import { checkLedger } from '@lamella/net-core/testing';
import { serviceFn } from '@lamella/service-core';
import { settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HttpRequest } from '../../src/index.ts';
import { HttpBody, HttpResponse } from '../../src/index.ts';
import { withoutDate } from '../support/raw-client.ts';
import { CHUNKED, GET, rawClients } from '../support/raw-clients.ts';

checkLedger({ beforeEach, afterEach });
const open = rawClients({ afterEach });

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

function* failing(): Generator<string> {
  yield* [];
  throw new Error('broken');
}
