import { HttpBody, HttpResponse } from '@lamella/http';
import { checkLedger } from '@lamella/net-core/testing';
import { createLifecycle, serviceFn } from '@lamella/service-core';
import { FakeClock } from '@lamella/service-core/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { data, headers, windowUpdate } from './support/frames.ts';
import { RawPeer } from './support/raw-peer.ts';

checkLedger({ beforeEach, afterEach });

const GET = [':method', 'GET', ':scheme', 'http', ':authority', 'a.test', ':path', '/'];
const POST = [':method', 'POST', ':scheme', 'http', ':authority', 'a.test', ':path', '/'];

it.each([false, true])(
  'event streams end, each by itself, though what gives one throws, coded: %s',
  async (isCoded) => {
    const broken = new Error('it breaks the rule');
    const { peer, drained } = await open(() => {
      const { promise, resolve } = Promise.withResolvers<undefined>();
      const fail = (): never => {
        throw broken;
      };
      const endEarly = (): never => {
        resolve(undefined);
        return fail();
      };
      return HttpBody.fromSource({ read: () => promise, cancel: fail, ...(isCoded && { endEarly }) });
    });
    await peer.send(headers(1, GET, { end: true }), headers(3, GET, { end: true }), headers(5, GET, { end: true }));
    await peer.takeFrames();
    const report = drained();
    const frames = await peer.takeFrames();
    expect(frames.filter((line) => line.endsWith(' END'))).toEqual(['DATA 1 "" END', 'DATA 3 "" END', 'DATA 5 "" END']);
    expect(peer.errors).toEqual([broken, broken, broken]);
    await peer.close();
    await report;
  },
);

it('an event stream that waits for its window ends behind what it has given, though its request goes on', async () => {
  const { peer, drained } = await open(() => HttpBody.from(events()));
  await peer.send(headers(1, POST), data(1, 'more follows'));
  await peer.takeFrames();
  const report = drained();
  expect(await peer.takeFrames()).toEqual(['GOAWAY 2147483647 NO_ERROR', expect.stringMatching(/^PING/)]);
  await peer.send(windowUpdate(0, 100_000), windowUpdate(1, 100_000));
  const frames = await peer.takeFrames();
  expect(frames.join().match(/x/g)).toHaveLength(100_000 - 65_535);
  expect(frames.slice(-2).map((line) => line.replace(/x+/, 'x'))).toEqual(['DATA 1 "x" END', 'RST_STREAM 1 NO_ERROR']);
  await peer.close();
  await report;
});

async function* events(): AsyncGenerator<string> {
  yield 'x'.repeat(100_000);
  await new Promise(() => {});
}

async function open(body: () => HttpBody) {
  const clock = new FakeClock();
  const lifecycle = createLifecycle({ clock });
  const service = serviceFn(async () =>
    HttpResponse.from({ headers: { 'content-type': 'text/event-stream' }, body: body() }),
  );
  const peer = await RawPeer.open(service, { clock, lifecycle });
  return { peer, drained: () => lifecycle.drain({ graceMs: 1_000 }) };
}
