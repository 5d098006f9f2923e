import type { HttpRequest } from '@lamella/http';
import { HttpResponse } from '@lamella/http';
import { checkLedger } from '@lamella/net-core/testing';
import { createLifecycle, serviceFn } from '@lamella/service-core';
import { FakeClock } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { headers, PREFACE, ping, SETTINGS_ACK, settings } from './support/frames.ts';
import type { RawPeerOptions } from './support/raw-peer.ts';
import { RawPeer } from './support/raw-peer.ts';

checkLedger({ beforeEach, afterEach });

const GET = [':method', 'GET', ':scheme', 'http', ':authority', 'a.test', ':path', '/'];
const GREETING = [PREFACE, settings(), SETTINGS_ACK];

describe('a drain', () => {
  it('waits a moment for the greeting of who has just come, and serves what comes with it and behind it', async () => {
    const { peer, drain, report } = await setUp({ greeting: [] });
    drain();
    await peer.clock.advanceAsync(999);
    expect((await peer.takeFrames()).join()).not.toContain('GOAWAY');
    await peer.send(...GREETING, headers(1, GET, { end: true }));
    const frames = await peer.takeFrames();
    expect(frames).toContain('GOAWAY 2147483647 NO_ERROR'); // nothing that is on its way is lost
    expect(frames.join()).toContain('HEADERS 1 :status=200');
    await peer.send(headers(3, GET, { end: true }));
    expect((await peer.takeFrames()).join()).toContain('HEADERS 3 :status=200');
    await peer.send(ping(pingOf(frames), true));
    expect(await peer.takeFrames()).toEqual(['GOAWAY 3 NO_ERROR']);
    expect(peer.ended).toBe('end');
    await peer.close();
    expect(await report()).toEqual({ h2: { finished: 0, closed: 1, cut: 0 } });
    expect(peer.clock.pendingTimers).toBe(0);
  });

  it('lets who says nothing go when the moment is over, and who has said nothing for longer at once', async () => {
    const clock = new FakeClock();
    const { peer, drain, report, open } = await setUp({ greeting: [], clock });
    await clock.advanceAsync(400);
    const fresh = await open();
    await clock.advanceAsync(600);
    drain();
    expect((await peer.takeFrames()).at(-1)).toBe('GOAWAY 0 NO_ERROR');
    await clock.advanceAsync(399);
    expect(await fresh.takeFrames()).not.toContain('GOAWAY 0 NO_ERROR');
    await clock.advanceAsync(1);
    expect(await fresh.takeFrames()).toEqual(['GOAWAY 0 NO_ERROR']);
    for (const { ended } of [peer, fresh]) expect(ended).toBe('end');
    for (const one of [peer, fresh]) await one.close();
    expect(await report()).toEqual({ h2: { finished: 0, closed: 2, cut: 0 } });
    expect(clock.pendingTimers).toBe(0);
  });

  it('waits for who comes while it goes on, as from a handshake that took its time', async () => {
    const { peer, drain, open } = await setUp({});
    await peer.send(headers(1, GET, { end: true }));
    await peer.takeFrames();
    drain();
    expect(await peer.takeFrames()).toContain('GOAWAY 2147483647 NO_ERROR');
    const late = await open();
    await late.send(...GREETING, headers(1, GET, { end: true }));
    expect((await late.takeFrames()).join()).toContain('HEADERS 1 :status=200');
    for (const one of [peer, late]) await one.close();
    expect(peer.clock.pendingTimers).toBe(0);
  });
});

async function setUp(options: RawPeerOptions) {
  const { clock = new FakeClock() } = options;
  const lifecycle = createLifecycle({ clock });
  const service = serviceFn(async (_request: HttpRequest) => HttpResponse.text('hello'));
  const open = (more: RawPeerOptions = { greeting: [] }) => RawPeer.open(service, { ...more, clock, lifecycle });
  const drain = () => void lifecycle.drain({ graceMs: 60_000 });
  return { peer: await open(options), open, drain, report: async () => (await lifecycle.drain()).protocols };
}

/** The content of the PING that asks whether more is on its way. */
function pingOf(frames: readonly string[]): string {
  return frames.find((line) => line.startsWith('PING '))?.slice(5) ?? '';
}
