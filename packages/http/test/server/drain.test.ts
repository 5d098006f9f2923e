import type { Connection } from '@lamella/net-core';
import { checkLedger } from '@lamella/net-core/testing';
import { createLifecycle, serviceFn } from '@lamella/service-core';
import { FakeClock, settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HttpRequest } from '../../src/index.ts';
import { HttpResponse } from '../../src/index.ts';
import { GET, rawClients } from '../support/raw-clients.ts';

checkLedger({ beforeEach, afterEach });
const open = rawClients({ afterEach });

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

  it('waits a moment for the first request of who has just connected', async () => {
    const clock = new FakeClock();
    const lifecycle = createLifecycle({ clock });
    const serve = async ({ path }: HttpRequest): Promise<HttpResponse> => HttpResponse.text(path);
    const stored = open(serve, { clock, lifecycle });
    await clock.advanceAsync(1_000);
    const sending = open(serve, { clock, lifecycle });
    const silent = open(serve, { clock, lifecycle });
    await settle();
    const report = lifecycle.drain({ graceMs: 5_000 });
    await settle();
    expect([stored.ended, sending.ended, silent.ended]).toEqual(['end', 'no', 'no']);
    await clock.advanceAsync(999);
    sending.send(GET);
    expect(await sending.received()).toMatch(/Connection: close\r\n\r\n\/$/);
    expect([sending.ended, silent.ended]).toEqual(['end', 'no']);
    await clock.advanceAsync(1);
    await settle();
    expect(silent.ended).toBe('end');
    for (const client of [stored, sending, silent]) void client.stream.closeWrite();
    await clock.advanceAsync(2_000);
    expect((await report).protocols['http/1.1']).toEqual({ finished: 0, closed: 3, cut: 0 });
    expect(clock.pendingTimers).toBe(0);
  });

  it('takes a first request that is under way at the end of its moment for what it is', async () => {
    const clock = new FakeClock();
    const lifecycle = createLifecycle({ clock });
    const client = open(async () => HttpResponse.text('late'), { clock, lifecycle });
    const report = lifecycle.drain({ graceMs: 10_000 });
    client.send(GET.slice(0, 5));
    await clock.advanceAsync(3_000);
    client.send(GET.slice(5));
    expect(await client.received()).toMatch(/Connection: close\r\n\r\nlate$/);
    void client.stream.closeWrite();
    await clock.advanceAsync(1_000);
    await report;
    expect(clock.pendingTimers).toBe(0);
  });

  it('cuts what does not finish in the grace by a reset, and ends event streams cleanly', async () => {
    const clock = new FakeClock();
    const lifecycle = createLifecycle({ clock });
    const events = open(async () => endless('text/event-stream'), { clock, lifecycle });
    const download = open(async () => endless('application/zip'), { clock, lifecycle });
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

  it('ends event streams that begin behind its start', async () => {
    const clock = new FakeClock();
    const lifecycle = createLifecycle({ clock });
    const go = Promise.withResolvers<void>();
    const serve = async (): Promise<HttpResponse> => {
      await go.promise;
      return endless('text/event-stream');
    };
    const client = open(serve, { clock, lifecycle });
    client.send(GET);
    await settle();
    const report = lifecycle.drain({ graceMs: 5_000 });
    await settle();
    go.resolve();
    expect(await client.received()).toMatch(/Connection: close\r\n[\s\S]*\r\n0\r\n\r\n$/);
    expect(client.ended).toBe('end');
    void client.stream.closeWrite();
    await clock.advanceAsync(2_000);
    expect((await report).protocols['http/1.1']).toEqual({ finished: 1, closed: 0, cut: 0 });
  });

  it('ends event streams that somebody asks for who had just connected', async () => {
    const clock = new FakeClock();
    const lifecycle = createLifecycle({ clock });
    const client = open(async () => endless('text/event-stream'), { clock, lifecycle });
    await settle();
    const report = lifecycle.drain({ graceMs: 5_000 });
    await clock.advanceAsync(100);
    client.send(GET);
    expect(await client.received()).toMatch(/Connection: close\r\n[\s\S]*\r\n0\r\n\r\n$/);
    expect(client.ended).toBe('end');
    void client.stream.closeWrite();
    await clock.advanceAsync(2_000);
    expect((await report).protocols['http/1.1']).toEqual({ finished: 0, closed: 1, cut: 0 });
  });

  it('waits for no request that is answered and still coming in', async () => {
    const clock = new FakeClock();
    const lifecycle = createLifecycle({ clock });
    const client = open(async () => HttpResponse.text('enough'), { clock, lifecycle });
    client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\nabc');
    expect(await client.received()).toMatch(/enough$/);
    const report = lifecycle.drain({ graceMs: 5_000 });
    await settle();
    client.send('d');
    await settle();
    expect(client.ended).toBe('end');
    void client.stream.closeWrite();
    await clock.advanceAsync(2_000);
    expect((await report).protocols['http/1.1']).toMatchObject({ cut: 0 });
  });

  it('lets an event stream of a stated length go on: it has no other end', async () => {
    const clock = new FakeClock();
    const failures: unknown[] = [];
    const lifecycle = createLifecycle({ clock, onError: (error) => failures.push(error) });
    const go = Promise.withResolvers<void>();
    async function* events(): AsyncGenerator<string> {
      yield 'data: 1\n\n';
      await go.promise;
      yield 'data: 2\n\n';
    }
    const client = open(
      async () =>
        HttpResponse.from({
          headers: { 'Content-Type': 'text/event-stream', 'Content-Length': '18' },
          body: events(),
        }),
      { clock, lifecycle },
    );
    client.send(GET);
    expect(await client.received()).toMatch(/\r\n\r\ndata: 1\n\n$/);
    const report = lifecycle.drain({ graceMs: 5_000 });
    expect(await client.received()).toBe('');
    go.resolve();
    expect(await client.received()).toBe('data: 2\n\n');
    expect(client.ended).toBe('end');
    void client.stream.closeWrite();
    await clock.advanceAsync(2_000);
    expect((await report).protocols['http/1.1']).toEqual({ finished: 1, closed: 0, cut: 0 });
    expect(failures).toEqual([]);
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

/** A response that says something, and does not end. */
function endless(type: string): HttpResponse {
  async function* words(): AsyncGenerator<string> {
    yield 'data: 1\n\n';
    await new Promise(() => {});
  }
  return HttpResponse.from({ headers: { 'Content-Type': type }, body: words() });
}
