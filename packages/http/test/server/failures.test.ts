import { checkLedger } from '@lamella/net-core/testing';
import { LimitError, serviceFn, TimeoutError } from '@lamella/service-core';
import { settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HttpRequest } from '../../src/index.ts';
import { HttpBody, HttpResponse } from '../../src/index.ts';
import { GET, rawClients } from '../support/raw-clients.ts';

checkLedger({ beforeEach, afterEach });
const open = rawClients({ afterEach });

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

  it.each([
    ['nothing', undefined],
    ['a response of another kind', new Response('web')],
  ])('by giving %s is answered with 500, and told so', async (_what, given) => {
    const client = open((() => Promise.resolve(given)) as unknown as () => Promise<HttpResponse>);
    client.send(GET);
    expect(await client.received()).toMatch(/^HTTP\/1.1 500 /);
    expect(client.errors).toMatchObject([{ code: 'LML_ERR_USAGE', message: 'the service gave no HttpResponse' }]);
  });

  it('by giving its response without a promise takes nothing down: it is sent', async () => {
    const client = open((() => HttpResponse.text('at once')) as unknown as () => Promise<HttpResponse>);
    client.send(GET);
    expect(await client.received()).toMatch(/^HTTP\/1.1 200 .*at once$/s);
  });

  it('by an upgrade that can not be sent is answered with 500, and leaves nothing to later requests', async () => {
    let disposed = 0;
    const guard = { [Symbol.dispose]: () => void disposed++ };
    const headers = { Upgrade: 'x', 'Content-Length': 'no number' };
    const client = open(async (request) => {
      if (request.path === '/plain') return HttpResponse.text(await request.body.text());
      return HttpResponse.upgrade(
        { headers },
        serviceFn(() => {}),
        { guard },
      );
    });
    const fields = 'Host: a\r\nConnection: upgrade\r\nUpgrade: x\r\nContent-Length: 3\r\n\r\n';
    for (const failed of [1, 2]) {
      client.send(`POST / HTTP/1.1\r\n${fields}`);
      await settle();
      client.send('abc');
      expect(await client.received()).toMatch(/^HTTP\/1.1 500 /);
      expect(disposed).toBe(failed);
    }
    client.send(`POST /plain HTTP/1.1\r\n${fields}abc`);
    expect(await client.received()).toMatch(/^HTTP\/1.1 200 OK\r\n.*abc$/s);
    expect(client.errors).toMatchObject(Array(2).fill({ code: 'LML_ERR_HTTP1_BAD_CONTENT_LENGTH' }));
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

  it('has its connection end in good order though a listener throws, or what makes the body', async () => {
    const broken = new Error('broken');
    const fail = (): never => {
      throw broken; // a source must not, but services are somebody else's
    };
    const body = HttpBody.fromSource({ read: () => new Promise(() => {}), cancel: fail });
    const heard: unknown[] = [];
    const services = [
      ({ scope }: HttpRequest) => {
        scope.onAbort(fail);
        return new Promise<HttpResponse>(() => {});
      },
      async ({ scope }: HttpRequest) => {
        scope.onAbort((reason) => heard.push(reason));
        return HttpResponse.from({ body });
      },
    ];
    for (const service of services) {
      const client = open(service);
      client.send(GET);
      await settle();
      client.stream.destroy(new Error('gone'));
      await client.served;
      expect(client.errors).toEqual([broken]);
    }
    expect(heard).toMatchObject([{ code: 'LML_ERR_STREAM_RESET' }]);
  });

  it('while a response streams and it takes no more is no failure of the service, however it leaves', async () => {
    for (const leave of ['reset', 'end'] as const) {
      let reason: unknown;
      const service = async (request: HttpRequest): Promise<HttpResponse> => {
        request.signal.addEventListener('abort', () => {
          reason = request.signal.reason;
        });
        return HttpResponse.from({ body: endless() });
      };
      const client = open(service, { stopsReading: true });
      client.send(GET);
      await settle(8);
      client.stream.destroy(leave === 'reset' ? new Error('gone') : undefined);
      await settle(8);
      expect(client.errors).toEqual([]);
      expect(reason).toMatchObject({ code: 'LML_ERR_STREAM_RESET' });
    }
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

async function* endless(): AsyncGenerator<Uint8Array> {
  for (;;) yield new Uint8Array(100_000);
}
