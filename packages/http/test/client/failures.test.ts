import { getEventListeners } from 'node:events';
import { memoryNetwork, serveListener } from '@lamella/net-core';
import { checkLedger, patternBytes } from '@lamella/net-core/testing';
import { createLifecycle, serviceFn } from '@lamella/service-core';
import { FakeClock, settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHttpClient, type HttpRequest, HttpResponse, http1, httpServerLayer } from '../../src/index.ts';
import { OK, request, scriptedClients, warmUp } from '../support/scripted-client.ts';

checkLedger({ beforeEach, afterEach });
const { setup, cleanups } = scriptedClients({ afterEach });

describe('peers that go silent', () => {
  it.each([
    ['connecting', 'connect', 'LML_ERR_CONNECT_TIMEOUT', 10_000],
    ['before the response', 'response-head', 'LML_ERR_TIMEOUT', 120_000],
    ['in the response', 'response-body', 'LML_ERR_TIMEOUT', 120_000],
    ['in the middle of the request', 'request', 'LML_ERR_TIMEOUT', 60_000],
  ])(
    '%s fail the request in time, with the phase; the next one goes through',
    async (where, phase, code, timeoutMs) => {
      const clock = new FakeClock();
      const network = memoryNetwork({ clock });
      const lifecycle = createLifecycle({ clock });
      const stall = new Promise<void>(() => {});
      const service = serviceFn(async (incoming: HttpRequest) => {
        if (incoming.path === '/head') await stall;
        if (incoming.path === '/request') await stall;
        if (incoming.path !== '/body') return HttpResponse.text(await incoming.body.text());
        const parts = (async function* () {
          yield 'part';
          await stall;
        })();
        return HttpResponse.from({ body: parts });
      });
      void serveListener(network.listen('a.test:80'), httpServerLayer({ clock, lifecycle, onError() {} })(service), {
        lifecycle,
      });
      const client = createHttpClient({ connector: network.connector(), protocols: [http1()], clock });
      const paths: Record<string, string> = {
        connect: '/',
        'response-head': '/head',
        'response-body': '/body',
        request: '/request',
      };
      if (phase === 'connect') network.blackHole('a.test');
      const body = phase === 'request' ? { method: 'POST', body: patternBytes(1_000_000) } : {};
      const failing = (async () => (await client.serve(request(`http://a.test${paths[phase]}`, body))).body.text())();
      const failed = expect(failing).rejects.toMatchObject({ code, facts: { phase } });
      await clock.advanceAsync(timeoutMs - 1);
      await clock.advanceAsync(1);
      await failed;
      network.blackHole('a.test', false);

      const next = client.serve(request('http://a.test/', { method: 'POST', body: 'alive' }));
      expect(await (await next).body.text()).toBe('alive');
      expect(where).toBeTruthy();
      await client.close();
      const drained = lifecycle.drain({ graceMs: 0 });
      await clock.advanceAsync(3_000);
      await drained;
      expect(clock.pendingTimers).toBe(0);
    },
  );
});

describe('connections that end under a request', () => {
  it('are replaced for 10,000 GETs without anybody noticing, whenever the server closes idle ones', async () => {
    const clock = new FakeClock();
    const network = memoryNetwork({ clock, seed: 3 });
    let count = 0;
    // After some answers the server closes the connection at a random moment, without having said so.
    const listener = network.listen('a.test:80');
    void (async () => {
      for await (const { stream } of listener) {
        let left = 1 + (count % 7);
        let text = '';
        stream.consume?.({
          onBytes(chunk) {
            text += Buffer.from(chunk).toString('latin1');
            if (!text.endsWith('\r\n\r\n')) return undefined;
            text = '';
            count++;
            void stream.write([Buffer.from(OK)]);
            if (--left === 0) setImmediate(() => stream.destroy());
            return undefined;
          },
          onEnd: () => stream.destroy(),
        });
      }
    })();
    const client = createHttpClient({ connector: network.connector(), protocols: [http1()], clock });
    cleanups.push(
      () => client.destroy(),
      () => void listener.close(),
    );
    let failures = 0;
    for (let batch = 0; batch < 1_000; batch++) {
      const answers = Array.from({ length: 10 }, async () =>
        (await client.serve(request('http://a.test/'))).body.text(),
      );
      for (const answer of await Promise.allSettled(answers)) if (answer.status === 'rejected') failures++;
      if (batch % 3 === 0) await settle(1);
    }
    expect(failures).toBe(0);
    expect(count).toBeGreaterThanOrEqual(10_000);
  });

  it.each([
    ['GET', undefined, true],
    ['HEAD', undefined, true],
    ['PUT', 'body', true],
    ['DELETE', undefined, true],
    ['POST', 'body', false],
    ['PATCH', 'body', false],
    ['PUT', ['stream'], false],
  ])('are replaced for %s with body %s: %s', async (method, body, isResent) => {
    const { client, server } = setup();
    await warmUp(client, server);
    const outgoing = request('http://a.test/', body === undefined ? { method } : { method, body });
    const answer = client.serve(outgoing);
    const [reused] = server.connections;
    await reused?.receive(method);
    reused?.stream.destroy();
    if (isResent) {
      const fresh = await server.accept();
      await fresh.receive(method);
      fresh.send(method === 'HEAD' ? 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n' : OK);
      expect((await answer).status).toBe(200);
      (await answer)[Symbol.dispose]();
      if (body !== undefined) expect(fresh.text).toMatch(/body$/);
    } else {
      await expect(answer).rejects.toMatchObject({
        code: 'LML_ERR_HTTP_REUSED_CONNECTION_CLOSED',
        processed: 'unknown',
        facts: { layer: 'http/1.1', phase: 'response-head', attempt: 1, bytesIn: 0, bytesOut: expect.any(Number) },
      });
      await settle();
      expect(server.connections).toHaveLength(1);
    }
  });

  it('are not replaced when they were fresh, or something had come back', async () => {
    const { client, server } = setup();
    const fresh = client.serve(request('http://a.test/'));
    const first = await server.accept();
    await first.receive('GET');
    first.stream.destroy();
    await expect(fresh).rejects.toMatchObject({ code: 'LML_ERR_HTTP_CONNECTION_CLOSED' });

    await warmUp(client, server);
    const partial = client.serve(request('http://a.test/'));
    const reused = server.connections[1];
    await reused?.receive('GET / HTTP/1.1\r\nHost: a.test\r\n\r\nGET');
    reused?.send('HTTP/1.1 20');
    await settle();
    reused?.stream.destroy(new Error('reset'));
    await expect(partial).rejects.toMatchObject({ code: 'LML_ERR_HTTP_CONNECTION_CLOSED', facts: { bytesIn: 11 } });
    expect(server.connections).toHaveLength(2);
  });

  it('never send a POST twice, 1,000 times over', async () => {
    const { client, server } = setup();
    let posts = 0;
    for (let round = 0; round < 1_000; round++) {
      await warmUp(client, server);
      const answer = client.serve(request('http://a.test/', { method: 'POST', body: `post ${round};` }));
      const connection = server.connections.at(-1);
      if (round % 2 === 0) await connection?.receive(`post ${round};`);
      connection?.stream.destroy(round % 3 === 0 ? new Error('reset') : undefined);
      await answer.then(
        () => expect.fail('nobody answered'),
        (error: unknown) => expect(error).toMatchObject({ code: expect.stringMatching(/CONNECTION_CLOSED$/) }),
      );
      await settle(1);
      posts += server.connections.filter(({ text }) => text.includes(`post ${round};`)).length;
    }
    expect(posts).toBeLessThanOrEqual(1_000);
  });

  it('in the body fail the body with what was read, typed', async () => {
    const { client, server } = setup();
    const answer = client.serve(request('http://a.test/'));
    const origin = await server.accept();
    origin.send('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc');
    const response = await answer;
    void origin.stream.closeWrite();
    await expect(response.body.bytes()).rejects.toMatchObject({
      code: 'LML_ERR_HTTP_RESPONSE_INCOMPLETE',
      facts: { phase: 'response-body' },
    });
  });
});

describe('cancellation', () => {
  it('leaves no listener on a signal after 10,000 calls', async () => {
    const { client, server } = setup();
    const controller = new AbortController();
    await warmUp(client, server);
    const [origin] = server.connections;
    for (let call = 0; call < 10_000; call++) {
      const answer = client.serve(request('http://a.test/', { signal: controller.signal }));
      origin?.send(OK);
      await (await answer).body.bytes();
    }
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
  });

  it('breaks the exchange off at every stage with the reason, and the connection with it', async () => {
    for (const stage of ['connecting', 'waiting for the head', 'in the body'] as const) {
      const { client, server } = setup();
      const controller = new AbortController();
      const reason = new Error(`cancelled ${stage}`);
      const answer = client.serve(request('http://a.test/', { signal: controller.signal }));
      if (stage !== 'connecting') {
        const origin = await server.accept();
        await origin.receive('\r\n\r\n');
        if (stage === 'in the body') {
          origin.send('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc');
          const response = await answer;
          await response.body.read();
          const reading = response.body.read();
          controller.abort(reason);
          await expect(reading).rejects.toBe(reason);
        }
      }
      controller.abort(reason);
      if (stage !== 'in the body') await expect(answer).rejects.toBe(reason);
      await settle();
      if (stage === 'connecting') continue; // the connection that came after all is idle, and of use to the next one
      expect(client.gauges()).toEqual([]);
      for (const { stream } of server.connections) expect((await stream.closed).reason).toBe('reset');
    }
  });

  it('of a request that was cancelled before is noticed before anything is sent', async () => {
    const { client, server } = setup();
    const answer = client.serve(request('http://a.test/', { signal: AbortSignal.abort('never mind') }));
    await expect(answer).rejects.toBe('never mind');
    await settle();
    expect(server.connections.every(({ text }) => text === '')).toBe(true);
  });
});
