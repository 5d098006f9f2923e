import type { HttpRequest } from '@lamella/http';
import { HttpResponse } from '@lamella/http';
import { checkLedger } from '@lamella/net-core/testing';
import { serviceFn } from '@lamella/service-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { http2ServerLayer } from '../src/index.ts';
import { data, headers, ping } from './support/frames.ts';
import type { RawPeerOptions } from './support/raw-peer.ts';
import { RawPeer } from './support/raw-peer.ts';

checkLedger({ beforeEach, afterEach });

const peers: RawPeer[] = [];
afterEach(async () => {
  for (const peer of peers.splice(0)) {
    await peer.close();
    expect(peer.clock.pendingTimers).toBe(0);
  }
});

const FIELDS = [':scheme', 'http', ':authority', 'a.test', ':path'];
const EVENTS = [':method', 'GET', ...FIELDS, '/events'];
const DOWNLOAD = [':method', 'GET', ...FIELDS, '/download'];
const CONNECT = [':method', 'CONNECT', ':authority', 'a.test:443'];
const AGE = { maxConnectionAgeMs: 60_000, connectionAgeJitterRatio: 0 };

describe('a connection that has reached its age', () => {
  it('takes no more requests, but ends what it has, however long that takes', async () => {
    const { peer } = await open(AGE);
    await peer.send(headers(1, DOWNLOAD, { end: true }));
    await peer.takeFrames();
    await peer.clock.advanceAsync(59_999);
    expect(await peer.takeFrames()).toEqual([]);
    await peer.clock.advanceAsync(1);
    const frames = await peer.takeFrames();
    expect(frames[0]).toBe('GOAWAY 2147483647 NO_ERROR');
    await answer(peer, frames);
    expect(await peer.takeFrames()).toEqual(['GOAWAY 1 NO_ERROR']);
    await peer.clock.advanceAsync(3_600_000);
    expect(peer.ended).toBe('no');
  });

  it('ends event streams, those that begin when it has reached it too', async () => {
    const { peer } = await open(AGE);
    await peer.send(headers(1, EVENTS, { end: true }));
    expect(await peer.takeFrames()).toContain('DATA 1 "data: 1\\n\\n"');
    await peer.clock.advanceAsync(60_000);
    const frames = await peer.takeFrames();
    expect(frames).toContain('GOAWAY 2147483647 NO_ERROR');
    expect(frames).toContain('DATA 1 "" END');
    await peer.send(headers(3, EVENTS, { end: true }));
    const late = await peer.takeFrames();
    expect(late).toEqual([expect.stringMatching(/^HEADERS 3 :status=200/), 'DATA 3 "" END']);
    await answer(peer, frames);
    expect(await peer.takeFrames()).toEqual(['GOAWAY 3 NO_ERROR']);
    expect(peer.ended).toBe('end');
  });

  it('ends what is left with the connection when the grace is over, and resets nothing', async () => {
    const { peer, reasons, tunnels } = await open({ ...AGE, connectionAgeGraceMs: 5_000 });
    await peer.send(headers(1, DOWNLOAD, { end: true }), headers(3, CONNECT), data(3, 'abc'));
    await peer.takeFrames();
    await peer.clock.advanceAsync(60_000);
    await answer(peer, await peer.takeFrames());
    expect(await peer.takeFrames()).toEqual(['GOAWAY 3 NO_ERROR']);
    await peer.clock.advanceAsync(4_999);
    expect(await peer.takeFrames()).toEqual([]);
    await peer.clock.advanceAsync(1);
    expect(await peer.takeFrames()).toEqual([]);
    expect(peer.ended).toBe('end');
    expect(reasons).toMatchObject([{ code: 'LML_ERR_CLOSED', message: expect.stringContaining('grace') }]);
    expect(tunnels).toEqual(['abc', 'reset']);
  });

  it('ends though the client has not said that it heard of it', async () => {
    const { peer } = await open({ ...AGE, connectionAgeGraceMs: 0 });
    await peer.send(headers(1, DOWNLOAD, { end: true }));
    await peer.takeFrames();
    await peer.clock.advanceAsync(60_000);
    expect((await peer.takeFrames()).filter((line) => !line.startsWith('PING'))).toEqual([
      'GOAWAY 2147483647 NO_ERROR',
      'GOAWAY 1 NO_ERROR',
    ]);
    expect(peer.ended).toBe('end');
  });

  it.each([-1, Number.NaN])('has no grace of %d', (connectionAgeGraceMs) => {
    expect(() => http2ServerLayer({ connectionAgeGraceMs })).toThrow('connectionAgeGraceMs');
  });
});

async function open(options: RawPeerOptions) {
  const reasons: unknown[] = [];
  const tunnels: string[] = [];
  const service = serviceFn(async (request: HttpRequest) => {
    if (request.method === 'CONNECT') {
      return HttpResponse.upgrade(
        { status: 200 },
        serviceFn(async ({ stream }) => {
          try {
            for (let chunk = await stream.read(); chunk !== undefined; chunk = await stream.read()) {
              tunnels.push(Buffer.from(chunk).toString());
            }
          } catch {
            tunnels.push('reset');
          }
        }),
      );
    }
    request.signal.addEventListener('abort', () => reasons.push(request.signal.reason), { once: true });
    const type = request.path === '/events' ? 'text/event-stream' : 'application/zip';
    return HttpResponse.from({ headers: { 'Content-Type': type }, body: endless() });
  });
  const peer = await RawPeer.open(service, options);
  peers.push(peer);
  return { peer, reasons, tunnels };
}

async function* endless(): AsyncGenerator<string> {
  yield 'data: 1\n\n';
  await new Promise(() => {});
}

/** What a client has to do: its answer tells the server that it has heard of the first GOAWAY. */
async function answer(peer: RawPeer, frames: readonly string[]): Promise<void> {
  for (const line of frames) if (line.startsWith('PING ')) await peer.send(ping(line.slice(5), true));
}
