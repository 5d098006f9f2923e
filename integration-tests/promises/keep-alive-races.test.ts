import { createHttpClient, HttpResponse, http1 } from '@lamella/http';
import type { Connection, Connector } from '@lamella/net-core';
import { memoryNetwork } from '@lamella/net-core';
import { checkLedger, text, utf8 } from '@lamella/net-core/testing';
import { isLamellaError, serviceFn } from '@lamella/service-core';
import { FakeClock } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openChain } from './support/chain.ts';
import { checkProcess } from './support/process-failures.ts';
import { RacingUsers } from './support/racing-users.ts';
import { seeded } from './support/seeded.ts';
import { WireClient } from './support/wire-client.ts';

checkLedger({ beforeEach, afterEach });
checkProcess({ beforeEach, afterEach });

describe('a server', () => {
  it('keeps an idle connection for longer than load balancers do: 95 s, and one option changes that', async () => {
    for (const [options, timeoutMs] of [[{}, 95_000] as const, [{ idleTimeoutMs: 7_000 }, 7_000] as const]) {
      const origin = serviceFn(async () => HttpResponse.text('ok'));
      const chain = openChain({ origin, server: { http1: { timeouts: options } } });
      const client = new WireClient((await chain.connect('origin.test:80')).stream);
      for (let round = 1; round <= 2; round++) {
        await client.send('GET / HTTP/1.1\r\nHost: origin.test\r\n\r\n');
        expect(client.received.match(/200 OK/g)).toHaveLength(round);
        await chain.clock.advanceAsync(timeoutMs - 1);
        expect(client.ended).toBe('no');
      }
      await chain.clock.advanceAsync(1);
      expect(client.ended).toBe('end');
      client.stream.destroy();
      await chain.close();
    }
  });
});

describe('an origin that closes idle connections at random moments', () => {
  it('is not noticed by 10,000 GETs', { timeout: 180_000 }, async () => {
    const world = openWorld(4);
    const outcomes = await world.send(10_000, 'GET');
    expect([...outcomes]).toEqual([['ok', 10_000]]);
    expect(world.crossed).toBeGreaterThan(200); // requests that met the end of their connection on the way
    await world.close();
  });

  it('gets none of 10,000 POSTs twice; those that met it fail with what is known', { timeout: 180_000 }, async () => {
    const world = openWorld(5);
    const outcomes = await world.send(10_000, 'POST');
    expect([...world.seen.values()].filter((count) => count > 1)).toEqual([]);
    const failed = outcomes.get('LML_ERR_HTTP_REUSED_CONNECTION_CLOSED') ?? 0;
    expect(failed).toBeGreaterThan(200);
    // Those of which nothing had been sent yet went through on another connection.
    expect(outcomes.get('ok')).toBe(10_000 - failed);
    expect(world.seen.size).toBeGreaterThanOrEqual(10_000 - failed);
    expect(world.errors).toHaveLength(failed);
    for (const error of world.errors) {
      expect(error).toMatchObject({
        processed: 'unknown',
        message: expect.stringMatching(/^the connection ended before the response \(response-head, origin\.test:80\)$/),
        facts: { layer: 'http/1.1', phase: 'response-head', attempt: 1, bytesIn: 0, retryable: false },
      });
      expect(isLamellaError(error) && error.facts.bytesOut).toBeGreaterThan(60);
    }
    await world.close();
  });
});

/** An origin that closes connections when they have been idle for a random time, and a client that comes back at random. */
function openWorld(seed: number) {
  const random = seeded(seed);
  const clock = new FakeClock();
  const network = memoryNetwork({ clock, seed, maxEvents: 0 });
  network.setConditions({ latencyMs: [0, 3] });
  const seen = new Map<string, number>();
  let crossed = 0;

  function serve({ stream }: Connection): void {
    let isClosing = false;
    let idle = clock.startTimer(1_000, close);
    stream.consume?.({
      onBytes(chunk) {
        if (isClosing) {
          crossed++;
          return undefined;
        }
        // One request comes in one chunk here.
        const id = /X-Id: (\d+)/.exec(text(chunk))?.[1] ?? '';
        seen.set(id, (seen.get(id) ?? 0) + 1);
        void stream.write([utf8('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')]);
        idle.cancel();
        idle = clock.startTimer(random(12), close);
        return undefined;
      },
      onEnd: () => stream.destroy(),
    });
    void stream.closed.then(() => idle.cancel());

    /** Sometimes at once, which resets what is on its way; sometimes as servers do that want to be polite. */
    function close(): void {
      isClosing = true;
      if (random(2) === 0) stream.destroy();
      else {
        void stream.closeWrite();
        idle = clock.startTimer(20, () => stream.destroy());
      }
    }
  }

  const listener = network.listen('origin.test:80');
  void (async () => {
    for await (const connection of listener) serve(connection);
  })();
  const connector: Connector = network.connector();
  const client = createHttpClient({ connector, protocols: [http1()], clock });

  const users = new RacingUsers({ client, clock, random, users: 20 });
  return {
    seen,
    errors: users.errors,
    get crossed() {
      return crossed;
    },
    send: (count: number, method: 'GET' | 'POST') => users.send(count, method),
    async close(): Promise<void> {
      await client.close();
      await clock.advanceAsync(2_000);
      await listener.close();
      expect(clock.pendingTimers).toBe(0);
    },
  };
}
