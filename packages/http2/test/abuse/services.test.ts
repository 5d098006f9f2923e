import type { HttpRequest } from '@lamella/http';
import { HttpResponse } from '@lamella/http';
import { checkLedger } from '@lamella/net-core/testing';
import { serviceFn } from '@lamella/service-core';
import { settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { frame, headers, ping, reset } from '../support/frames.ts';
import { RawPeer } from '../support/raw-peer.ts';

checkLedger({ beforeEach, afterEach });

const GET = [':method', 'GET', ':scheme', 'https', ':authority', 'a.test', ':path', '/'];

it('services that go on though their streams are gone are twice as many as streams at most', async () => {
  const answers: (() => void)[] = [];
  const stubborn = serviceFn(
    () => new Promise<HttpResponse>((resolve) => answers.push(() => resolve(HttpResponse.from({ body: 'ok' })))),
  );
  const peer = await RawPeer.open(stubborn, { limits: { maxConcurrentStreams: 5 } });
  for (let id = 1; id < 20; id += 2) await peer.send(headers(id, GET, { end: true }), reset(id, 8));
  expect([answers.length, await peer.takeFrames()]).toEqual([10, []]);
  await peer.send(headers(21, GET, { end: true }));
  expect([answers.length, await peer.takeFrames()]).toEqual([10, ['RST_STREAM 21 REFUSED_STREAM']]);
  answers[0]?.();
  await settle(4);
  await peer.send(headers(23, GET, { end: true }));
  answers.at(-1)?.();
  expect((await peer.takeFrames()).at(-1)).toBe('DATA 23 "ok" END');
  await peer.close();
});

it('a service that gives no promise takes nothing down', async () => {
  const serve = () => HttpResponse.from({ body: 'ok' });
  // The types forbid it, but services are often typed by hope.
  const peer = await RawPeer.open({ serve: serve as unknown as () => Promise<HttpResponse> });
  await peer.send(headers(1, GET, { end: true }));
  expect((await peer.takeFrames()).at(-1)).toBe('DATA 1 "ok" END');
  await peer.close();
});

it('a listener that throws keeps nothing from its end, whatever ends it', async () => {
  let heardCount = 0;
  const service = serviceFn(({ scope }: HttpRequest) => {
    const broken = new Error(`listener ${++heardCount}`);
    scope.onAbort(() => {
      throw broken;
    });
    return new Promise<HttpResponse>(() => {});
  });
  const peer = await RawPeer.open(service);
  const get = (id: number): Uint8Array => headers(id, GET, { end: true });
  await peer.send(get(1), get(3), get(5));
  await peer.send(reset(1, 8));
  expect(peer.errors.map(String)).toEqual(['Error: listener 1']);
  await peer.send(frame(6, 0, 0, Buffer.alloc(7))); // a PING that is too short: all fail
  expect(peer.errors.map(String).slice(1, 3)).toEqual(['Error: listener 2', 'Error: listener 3']);
  expect(peer.errors[3]).toMatchObject({ code: 'LML_ERR_HTTP2_BAD_FRAME_SIZE' });
  expect((await peer.takeFrames()).at(-1)).toMatch(/^GOAWAY .*FRAME_SIZE_ERROR/);
  await peer.close();
});

it('a client that asks all the time and reads nothing is not listened to', async () => {
  const peer = await RawPeer.open(
    serviceFn(async () => HttpResponse.from({ body: 'ok' })),
    { limits: { maxControlFramesPerSecond: Number.POSITIVE_INFINITY }, stopsReading: true },
  );
  const pings = Buffer.concat(Array.from({ length: 1_000 }, () => ping('abcdefgh')));
  let isHeldBack = false;
  for (let round = 0; round < 40 && !isHeldBack; round++) {
    isHeldBack = peer.stream.write([Uint8Array.from(pings)]) !== undefined;
    await settle(2);
  }
  // What waits is bounded: one window of the pipe, and what the server holds before it stops to read.
  expect(isHeldBack).toBe(true);
  await peer.clock.advanceAsync(60_000); // writeTimeoutMs: it is given up
  expect(peer.errors.map((error) => Reflect.get(Object(error), 'code'))).toEqual(['LML_ERR_TIMEOUT']);
  await peer.close();
});
