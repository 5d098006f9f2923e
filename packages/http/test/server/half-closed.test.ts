import { checkLedger } from '@lamella/net-core/testing';
import { settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HttpRequest } from '../../src/index.ts';
import { HttpResponse } from '../../src/index.ts';
import type { RawClientOptions } from '../support/raw-client.ts';
import { GET, rawClients } from '../support/raw-clients.ts';

checkLedger({ beforeEach, afterEach });
const open = rawClients({ afterEach });
const LATE = { code: 'LML_ERR_TIMEOUT', limit: 'halfClosedTimeoutMs' };

describe('a client that has ended its side', () => {
  it('is taken for gone if nothing is written for a second: the handler hears of it', async () => {
    const { client, request } = await waiting();
    await client.stream.closeWrite();
    await client.clock.advanceAsync(999);
    expect([request.signal.aborted, client.ended]).toEqual([false, 'no']);
    await client.clock.advanceAsync(1);
    expect(request.signal.reason).toMatchObject(LATE);
    expect([await client.received(), client.ended, client.errors]).toEqual(['', 'reset', []]);
  });

  it('is given an answer that comes in time, and then the end', async () => {
    const { client, answer } = await waiting();
    await client.stream.closeWrite();
    await client.clock.advanceAsync(999);
    answer(HttpResponse.text('in time'));
    expect(await client.received()).toMatch(/\r\n\r\nin time$/);
    expect(client.ended).toBe('end');
  });

  it('is given all of a body that comes on, and breaks off one that does not', async () => {
    const { client, request, answer } = await waiting();
    const chunks = new TransformStream<Uint8Array, Uint8Array>();
    const writer = chunks.writable.getWriter();
    const cancelled = expect(writer.closed).rejects.toMatchObject(LATE);
    await client.stream.closeWrite();
    answer(HttpResponse.from({ body: chunks.readable }));
    for (let second = 0; second < 5; second++) {
      void writer.write(Buffer.from('x')).catch(() => {});
      expect(await client.received()).toMatch(/1\r\nx\r\n$/);
      await client.clock.advanceAsync(900);
    }
    expect(request.signal.aborted).toBe(false);
    await client.clock.advanceAsync(2_000);
    await cancelled;
    expect([request.signal.aborted, client.ended]).toEqual([true, 'reset']);
  });

  it('may wait for a slow answer where the server says so', async () => {
    const { client, answer } = await waiting({ timeouts: { halfClosedTimeoutMs: Number.POSITIVE_INFINITY } });
    await client.stream.closeWrite();
    await client.clock.advanceAsync(3_600_000);
    answer(HttpResponse.text('late'));
    expect(await client.received()).toMatch(/\r\n\r\nlate$/);
  });

  it('has the time of a slow reader, where what is written waits for it', async () => {
    const client = open(async () => HttpResponse.from({ body: endless() }), { stopsReading: true });
    client.send(GET);
    await settle(8);
    await client.stream.closeWrite();
    await client.clock.advanceAsync(59_000);
    expect(await client.stream.read()).toBeDefined();
  });

  it('has asked for a tunnel, and waits for it as long as it takes to make', async () => {
    const { client, request } = await waiting({}, 'CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n');
    await client.stream.closeWrite();
    await client.clock.advanceAsync(60_000);
    expect([request.signal.aborted, client.ended]).toEqual([false, 'no']);
  });

  it('gets the answers to all that it has asked for at once', async () => {
    const client = open(async ({ target }) => HttpResponse.text(target));
    client.send(GET.repeat(3));
    await client.stream.closeWrite();
    expect((await client.received()).match(/HTTP\/1.1 200/g)).toHaveLength(3);
    expect(client.ended).toBe('end');
  });
});

/** A client whose request a handler works at, until the test answers it. */
async function waiting(options: RawClientOptions = {}, sent: string = GET) {
  const { promise, resolve: answer } = Promise.withResolvers<HttpResponse>();
  let request: HttpRequest | undefined;
  const client = open((given) => {
    request = given;
    return promise;
  }, options);
  client.send(sent);
  await settle(8);
  if (request === undefined) throw new Error('the request has not come');
  return { client, request, answer };
}

async function* endless(): AsyncGenerator<Uint8Array, void, undefined> {
  for (;;) yield new Uint8Array(65_536);
}
