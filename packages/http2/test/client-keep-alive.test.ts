import { HttpRequest } from '@lamella/http';
import { checkLedger } from '@lamella/net-core/testing';
import { settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { http2 } from '../src/index.ts';
import { goaway, ping } from './support/frames.ts';
import { RawServer } from './support/raw-server.ts';

const ENHANCE_YOUR_CALM = 11;

checkLedger({ beforeEach, afterEach });

describe('a server that is asked for a sign of life too often', () => {
  it('is asked half as often from then on, and no other server is', async () => {
    const protocol = http2({ timeouts: { keepAliveMs: 1_000 } });
    expect(await silenceOf('10.0.0.1:80')).toBe(1_000);
    await complain('10.0.0.1:80', ENHANCE_YOUR_CALM, 'too_many_pings');
    expect(await silenceOf('10.0.0.1:80')).toBe(2_000);
    expect(await silenceOf('10.0.0.2:80')).toBe(1_000);
    await complain('10.0.0.1:80', ENHANCE_YOUR_CALM, 'too_many_pings');
    expect(await silenceOf('10.0.0.1:80')).toBe(4_000);

    /** Opens a connection to the server, which complains. */
    async function complain(address: string, errorCode: number, words: string): Promise<void> {
      const server = await RawServer.open({ protocol, address });
      await server.send(goaway(0, errorCode, words));
      await server.close();
    }

    /** How long the server must be silent until it is asked. */
    async function silenceOf(address: string): Promise<number> {
      const server = await RawServer.open({ protocol, address });
      const answer = server.connection.serve(HttpRequest.from({ target: 'http://a.test/' }));
      answer.catch(() => {});
      await server.takeFrames();
      const startMs = server.clock.nowMs();
      for (let step = 0; step < 100; step++) {
        server.clock.advance(100);
        await settle(4);
        if ((await server.takeFrames()).some((frame) => frame.startsWith('PING'))) break;
      }
      const silentMs = server.clock.nowMs() - startMs;
      await server.close();
      return silentMs;
    }
  });

  it.each([
    [ENHANCE_YOUR_CALM, 'enough'],
    [0, 'too_many_pings'],
  ])('is no server that ends a connection with %i and %j', async (errorCode, words) => {
    const protocol = http2({ timeouts: { keepAliveMs: 1_000 } });
    const first = await RawServer.open({ protocol, address: '10.0.0.1:80' });
    await first.send(goaway(0, errorCode, words));
    await first.close();
    const server = await RawServer.open({ protocol, address: '10.0.0.1:80' });
    server.connection.serve(HttpRequest.from({ target: 'http://a.test/' })).catch(() => {});
    await server.takeFrames();
    server.clock.advance(1_000);
    expect((await server.takeFrames()).filter((frame) => frame.startsWith('PING'))).toHaveLength(1);
    await server.send(ping('sign-of-', true));
    await server.close();
  });

  it('ends several connections at once: that is one complaint', async () => {
    const protocol = http2({ timeouts: { keepAliveMs: 1_000 } });
    const servers = await Promise.all([1, 2].map(() => RawServer.open({ protocol, address: '10.0.0.1:80' })));
    for (const server of servers) await server.send(goaway(0, ENHANCE_YOUR_CALM, 'too_many_pings'));
    for (const server of servers) await server.close();
    const server = await RawServer.open({ protocol, address: '10.0.0.1:80' });
    server.connection.serve(HttpRequest.from({ target: 'http://a.test/' })).catch(() => {});
    await server.takeFrames();
    server.clock.advance(1_999);
    expect((await server.takeFrames()).filter((frame) => frame.startsWith('PING'))).toEqual([]);
    server.clock.advance(1);
    expect((await server.takeFrames()).filter((frame) => frame.startsWith('PING'))).toHaveLength(1);
    await server.close();
  });
});
