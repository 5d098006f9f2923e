import type { Connection } from '@lamella/net-core';
import { checkLedger } from '@lamella/net-core/testing';
import { serviceFn } from '@lamella/service-core';
import { FakeClock, settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HttpRequest } from '../../src/index.ts';
import { type HttpBody, HttpHeaders, HttpResponse, httpServerLayer } from '../../src/index.ts';
import { GET, rawClients } from '../support/raw-clients.ts';

checkLedger({ beforeEach, afterEach });
const open = rawClients({ afterEach });

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

  it('do not run while the handler is busy with what it waited for', async () => {
    const go = Promise.withResolvers<void>();
    const client = open(async (request) => {
      await request.body.read();
      await go.promise;
      return HttpResponse.text(String((await request.body.read())?.length));
    });
    client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6000\r\n\r\n');
    await settle();
    client.send('a'.repeat(3_000));
    await settle();
    client.send('b'.repeat(3_000));
    await client.clock.advanceAsync(600_000);
    expect(await client.received()).toBe('');
    go.resolve();
    expect(await client.received()).toMatch(/3000$/);
  });

  it('of a body hold though somebody still reads the one before it', async () => {
    let early: HttpBody | undefined;
    const client = open(async (request) => {
      if (request.path === '/early') {
        early = request.body;
        await early.read();
        await settle(8);
        return HttpResponse.text('early');
      }
      return HttpResponse.text(await request.body.text());
    });
    const head = (path: string): string => `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n`;
    client.send(`${head('/early')}a`);
    await settle();
    client.send('b');
    expect(await client.received()).toMatch(/early$/);
    client.send(head('/stalled'));
    await settle();
    expect(Buffer.from((await early?.read()) ?? []).toString()).toBe('b');
    await client.clock.advanceAsync(30_000);
    expect(await client.received()).toMatch(/^HTTP\/1.1 408 /);
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

  it('reset a client that does not read the head of its upgrade, whose handler never runs', async () => {
    const seen: string[] = [];
    const hints = HttpHeaders.from({ Link: 'x'.repeat(40_000) });
    const client = open(
      async ({ onInformational }) => {
        for (let count = 0; count < 10; count++) onInformational?.({ status: 103, reason: '', headers: hints });
        const guard = { [Symbol.dispose]: () => void seen.push('disposed') };
        return HttpResponse.upgrade(
          { status: 200 },
          serviceFn(() => void seen.push('ran')),
          { guard },
        );
      },
      { stopsReading: true },
    );
    client.send('CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n');
    await client.clock.advanceAsync(59_999);
    expect(seen).toEqual([]);
    await client.clock.advanceAsync(1);
    await client.served;
    expect(seen).toEqual(['disposed']);
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

  it.each([
    [{}, 0, 60_000],
    [{}, 0.5, 57_000],
    [{ connectionAgeJitterRatio: 0 }, 0.9, 60_000],
    [{ connectionAgeJitterRatio: 1 }, 0.75, 15_000],
  ])('end it a little earlier than others, by chance: %o with %d', async (options, chance, ageMs) => {
    const { clock, send, received } = open(async () => HttpResponse.text('ok'), {
      maxConnectionAgeMs: 60_000,
      random: () => chance,
      ...options,
    });
    send(GET);
    await received();
    await clock.advanceAsync(ageMs - 1);
    send(GET);
    expect(await received()).not.toContain('Connection: close');
    await clock.advanceAsync(1);
    send(GET);
    expect(await received()).toContain('Connection: close');
  });

  it('end event streams when it is old, those that begin then too', async () => {
    const { clock, send, received, ...client } = open(async () => streaming('text/event-stream'), AGE);
    send(GET);
    expect(await received()).toMatch(/data: 1\n\n\r\n$/);
    await clock.advanceAsync(59_999);
    expect(await received()).toBe('');
    await clock.advanceAsync(1);
    expect(await received()).toBe('0\r\n\r\n');
    void client.stream.closeWrite();

    const late = open(
      async ({ path }) => (path === '/' ? streaming('text/event-stream') : HttpResponse.text('ok')),
      AGE,
    );
    late.send(GET.replace('/', '/ok'));
    await late.received();
    await late.clock.advanceAsync(60_000);
    late.send(GET);
    await late.clock.advanceAsync(0);
    expect(await late.received()).toMatch(/Connection: close\r\n[\s\S]*0\r\n\r\n$/);
    void late.stream.closeWrite();
    await late.clock.advanceAsync(2_000);
  });

  it('give what is under way a grace, and reset it then', async () => {
    const patient = open(async () => streaming('application/zip'), AGE);
    const strict = open(async () => streaming('application/zip'), { ...AGE, connectionAgeGraceMs: 5_000 });
    for (const client of [patient, strict]) {
      client.send(GET);
      await client.received();
      await client.clock.advanceAsync(64_999);
      expect(client.ended).toBe('no');
      await client.clock.advanceAsync(1);
      await client.received();
    }
    expect([patient.ended, strict.ended]).toEqual(['no', 'reset']);
  });

  it('do not concern what a connection was upgraded to', async () => {
    const serve = async ({ method }: HttpRequest): Promise<HttpResponse> =>
      method === 'GET'
        ? HttpResponse.from({ body: new ReadableStream({ start: (controller) => controller.close() }) })
        : HttpResponse.upgrade(
            { status: 200 },
            serviceFn(({ stream }: Connection) => stream.closed.then(() => {})),
          );
    const client = open(serve, { ...AGE, connectionAgeGraceMs: 5_000 });
    client.send(GET); // from here on the age is watched
    await client.received();
    client.send('CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n');
    await client.received();
    await client.clock.advanceAsync(3_600_000);
    expect(client.ended).toBe('no');
  });

  it.each([-1, Number.NaN])('refuse a grace of %d', (connectionAgeGraceMs) => {
    expect(() => httpServerLayer({ connectionAgeGraceMs })).toThrow('connectionAgeGraceMs');
  });

  it('are never reached by chance where there are none', async () => {
    const unlimited = { maxConnectionAgeMs: Number.POSITIVE_INFINITY, connectionAgeJitterRatio: 1, random: () => 0.99 };
    const { clock, send, received } = open(async () => HttpResponse.text('ok'), unlimited);
    send(GET);
    await received();
    await clock.advanceAsync(90_000);
    send(GET);
    expect(await received()).not.toContain('Connection: close');
  });

  it.each([-0.1, 1.1, Number.NaN])('refuse a share of %d', (connectionAgeJitterRatio) => {
    expect(() => httpServerLayer({ connectionAgeJitterRatio })).toThrow('connectionAgeJitterRatio');
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

const AGE = { maxConnectionAgeMs: 60_000, connectionAgeJitterRatio: 0, timeouts: { writeTimeoutMs: 3_600_000 } };

/** A response that begins, and goes on for ever. */
function streaming(type: string): HttpResponse {
  async function* endless(): AsyncGenerator<string> {
    yield 'data: 1\n\n';
    await new Promise(() => {});
  }
  return HttpResponse.from({ headers: { 'Content-Type': type }, body: endless() });
}
