import { HttpRequest, HttpResponse, http1 } from '@lamella/http';
import type { ByteStream } from '@lamella/net-core';
import { AlpnSelected, createConnection, memoryPipe } from '@lamella/net-core';
import { checkLedger } from '@lamella/net-core/testing';
import { createLifecycle, serviceFn } from '@lamella/service-core';
import { FakeClock, settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { AutoServerLayerOptions } from '../src/index.ts';
import { autoServerLayer, http2 } from '../src/index.ts';

checkLedger({ beforeEach, afterEach });
const ends: ByteStream[] = [];
afterEach(() => {
  for (const stream of ends.splice(0)) stream.destroy();
});

describe('a server of both protocols', () => {
  it.each([
    ['HTTP/2', http2(), undefined, '2'],
    ['HTTP/1.1', http1(), undefined, '1.1'],
    ['HTTP/2 that TLS has chosen', http2(), 'h2', '2'],
    ['HTTP/1.1 that TLS has chosen', http1(), 'http/1.1', '1.1'],
  ])('speaks %s with who does, byte by byte', async (_name, protocol, selected, version) => {
    const clock = new FakeClock();
    const { near, served } = accept(selected, {}, { forward: { chunkBytes: 1 } });
    const connection = protocol.open(createConnection(near), { isToProxy: false, clock });
    const response = await connection.serve(HttpRequest.from({ target: 'http://a.test/' }));
    expect(await response.body.text()).toBe(`by ${version}`);
    await connection.close();
    await served;
  });

  it.each([
    ['HTTP/1.1', 'HTTP/2', 'h2', http2(), http1(), '1.1'],
    ['HTTP/2', 'HTTP/1.1', 'http/1.1', http1(), http2(), '2'],
  ])(
    'speaks %s in a tunnel through %s, whatever TLS has chosen around it',
    async (_in, _out, selected, outer, inner, by) => {
      const clock = new FakeClock();
      const within = autoServerLayer({ clock })(serviceFn(({ version }: HttpRequest) => HttpResponse.text(version)));
      const tunnels = autoServerLayer({ clock })(serviceFn(() => HttpResponse.upgrade({ status: 200 }, within)));
      const [near, far] = memoryPipe();
      const serverEnd = createConnection(far);
      serverEnd.extensions.insert(AlpnSelected, selected);
      const served = tunnels.serve(serverEnd);
      const terms = { isToProxy: false, clock };
      const connect = HttpRequest.from({ method: 'CONNECT', target: 'a.test:80' });
      const { upgraded } = await outer.open(createConnection(near), terms).serve(connect);
      const client = inner.open(upgraded ?? createConnection(near), terms);
      const response = await client.serve(HttpRequest.from({ target: 'http://a.test/' }));
      expect(await response.body.text()).toBe(by);
      client.destroy();
      near.destroy();
      await served;
    },
  );

  it.each([
    ['HTTP/2', http2()],
    ['HTTP/1.1', http1()],
  ])('answers a failure by %s also if who hears of it throws', async (_name, protocol) => {
    const told = vi.spyOn(console, 'error').mockImplementation(() => {});
    onTestFinished(() => told.mockRestore());
    const clock = new FakeClock();
    const onError = (): never => {
      throw new Error('of onError');
    };
    const failing = autoServerLayer({ clock, onError })(
      serviceFn(async (_: HttpRequest) => {
        throw new Error('of the service');
      }),
    );
    const [near, far] = memoryPipe();
    const served = failing.serve(createConnection(far));
    const connection = protocol.open(createConnection(near), { isToProxy: false, clock });
    for (let count = 0; count < 2; count++) {
      const response = await connection.serve(HttpRequest.from({ target: 'http://a.test/' }));
      expect(response.status).toBe(500);
      await response.body.text();
    }
    expect(told.mock.calls.flat().map(String).join()).toMatch(/of the service.*of onError/);
    await connection.close();
    await served;
  });

  it.each(['POST / HTTP/1.1', 'PRI / HTTP/1.1', 'PRI * HTTP/1.1', 'P', ''])('takes %j for HTTP/1.1', async (line) => {
    const { near, served } = accept();
    void near.write([Buffer.from(line === '' ? '' : `${line}\r\nHost: a.test\r\nConnection: close\r\n\r\n`)]);
    await near.closeWrite();
    const answer = await near.read();
    if (line !== '') expect(Buffer.from(answer ?? []).toString()).toMatch(/^HTTP\/1\.1 (?:200|400) /);
    else expect(answer).toBeUndefined();
    near.destroy();
    await served;
  });

  it('closes who says nothing, or too little', async () => {
    const clock = new FakeClock();
    const { near, served } = accept(undefined, { clock, detectTimeoutMs: 1_000 });
    void near.write([Buffer.from('PRI * HTTP/2.0\r\n')]);
    await settle();
    await clock.advanceAsync(1_000);
    await served;
    await expect(near.read()).rejects.toMatchObject({ code: 'LML_ERR_STREAM_RESET' });
    expect(clock.pendingTimers).toBe(0);
  });

  it('closes who has said nothing when it drains, but not who has just come', async () => {
    const clock = new FakeClock();
    const lifecycle = createLifecycle({ clock });
    const stored = accept(undefined, { lifecycle, clock });
    await clock.advanceAsync(500);
    const silent = accept(undefined, { lifecycle, clock });
    const sending = accept(undefined, { lifecycle, clock });
    await clock.advanceAsync(500);
    const report = lifecycle.drain();
    await expectEnd(stored);
    void sending.near.write([Buffer.from('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n')]);
    expect(Buffer.from((await sending.near.read()) ?? []).toString()).toMatch(/Connection: close\r\n\r\nby 1.1$/);
    await sending.near.closeWrite();
    expect(await Promise.race([silent.served, 'still there'])).toBe('still there');
    await clock.advanceAsync(500);
    await expectEnd(silent);
    await clock.advanceAsync(1_000);
    await sending.served;
    expect((await report).protocols).toEqual({
      'first-bytes': { finished: 0, closed: 3, cut: 0 },
      'http/1.1': { finished: 0, closed: 1, cut: 0 },
    });
    for (const { near } of [stored, silent, sending]) near.destroy();
    expect(clock.pendingTimers).toBe(0);
  });

  it.each([0, 1_500])('waits for the rest of who has begun, when it drains after %j ms', async (ageMs) => {
    const clock = new FakeClock();
    const lifecycle = createLifecycle({ clock });
    const { near, served } = accept(undefined, { lifecycle, clock });
    void near.write([Buffer.from('P')]);
    await clock.advanceAsync(ageMs);
    const serving = Promise.withResolvers<void>();
    lifecycle.spawn('connection', () => serving.promise); // as a listener does it
    const report = lifecycle.drain();
    await clock.advanceAsync(3_000);
    void near.write([Buffer.from('OST / HTTP/1.1\r\nHost: a.test\r\n\r\n')]);
    expect(Buffer.from((await near.read()) ?? []).toString()).toMatch(/Connection: close\r\n\r\nby 1.1$/);
    await near.closeWrite();
    await clock.advanceAsync(1_000);
    await served;
    serving.resolve();
    expect((await report).protocols['first-bytes']).toEqual({ finished: 1, closed: 0, cut: 0 });
    near.destroy();
    expect(clock.pendingTimers).toBe(0);
  });

  it('does not go over to HTTP/2 by the Upgrade of old', async () => {
    const { near, served } = accept();
    const fields = 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n';
    void near.write([Buffer.from(`GET / HTTP/1.1\r\nHost: a.test\r\n${fields}\r\n`)]);
    expect(Buffer.from((await near.read()) ?? []).toString()).toContain('by 1.1');
    near.destroy();
    await served;
  });

  it('refuses a detectTimeoutMs of 0', () => {
    expect(() => autoServerLayer({ detectTimeoutMs: 0 })).toThrow('detectTimeoutMs must be > 0');
  });
});

/** It is let go by an end, not a reset. */
async function expectEnd({ near, served }: Pick<ReturnType<typeof accept>, 'near' | 'served'>): Promise<void> {
  expect(await near.read()).toBeUndefined();
  await near.closeWrite();
  await served;
}

function accept(selected?: string, options: AutoServerLayerOptions = {}, pipe: Parameters<typeof memoryPipe>[0] = {}) {
  const [near, far] = memoryPipe(pipe);
  ends.push(near, far);
  const connection = createConnection(far);
  if (selected !== undefined) connection.extensions.insert(AlpnSelected, selected);
  const service = serviceFn((request: HttpRequest) => HttpResponse.text(`by ${request.version}`));
  return { near, served: autoServerLayer({ onError() {}, ...options })(service).serve(connection) };
}
