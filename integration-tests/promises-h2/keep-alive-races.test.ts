import type { HttpRequest } from '@lamella/http';
import { createHttpClient, HttpResponse } from '@lamella/http';
import { http2, http2ServerLayer } from '@lamella/http2';
import type { ByteStream, Connection } from '@lamella/net-core';
import { memoryNetwork } from '@lamella/net-core';
import { checkLedger } from '@lamella/net-core/testing';
import { serviceFn } from '@lamella/service-core';
import { FakeClock } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkProcess } from '../promises/support/process-failures.ts';
import { RacingUsers } from '../promises/support/racing-users.ts';
import { seeded } from '../promises/support/seeded.ts';

checkLedger({ beforeEach, afterEach });
checkProcess({ beforeEach, afterEach });

describe('an origin that ends idle connections of HTTP/2 at random moments', () => {
  it.each(['GET', 'POST'] as const)(
    'by GOAWAY is not noticed by 3,000 requests, and none is done twice: %s',
    async (method) => {
      const world = openWorld(6, 'GOAWAY');
      expect([...(await world.send(3_000, method))]).toEqual([['ok', 3_000]]);
      expect(world.crossed).toBeGreaterThan(50); // requests that met the end of their connection on the way
      expect([...world.seen.values()].filter((count) => count !== 1)).toEqual([]);
      await world.close();
    },
  );

  it('without a word is not noticed by 3,000 GETs', async () => {
    const world = openWorld(7, 'no word');
    expect([...(await world.send(3_000, 'GET'))]).toEqual([['ok', 3_000]]);
    expect(world.crossed).toBeGreaterThan(50);
    await world.close();
  });

  it('without a word gets none of 3,000 POSTs twice; those that met it fail with what is known', async () => {
    const world = openWorld(8, 'no word');
    const outcomes = await world.send(3_000, 'POST');
    expect([...world.seen.values()].filter((count) => count > 1)).toEqual([]);
    const failed = outcomes.get('LML_ERR_HTTP_REUSED_CONNECTION_CLOSED') ?? 0;
    expect(failed).toBeGreaterThan(50);
    expect(outcomes.get('ok')).toBe(3_000 - failed);
    for (const error of world.errors) {
      expect(error).toMatchObject({
        processed: 'unknown',
        facts: {
          layer: 'h2',
          phase: 'response-head',
          attempt: 1,
          bytesIn: 0,
          retryable: false,
          peer: 'origin.test:80',
        },
      });
    }
    await world.close();
  });
});

/** An origin that ends connections when they have been idle for a random time, and a client that comes back at random. */
function openWorld(seed: number, how: 'GOAWAY' | 'no word') {
  const random = seeded(seed);
  const clock = new FakeClock();
  const network = memoryNetwork({ clock, seed, maxEvents: 0 });
  network.setConditions({ latencyMs: [0, 3] });
  const seen = new Map<string, number>();
  let crossed = 0;
  const service = serviceFn(async (request: HttpRequest) => {
    const id = request.headers.get('x-id') ?? '';
    seen.set(id, (seen.get(id) ?? 0) + 1);
    await request.body.bytes();
    return HttpResponse.text('ok');
  });

  async function serve(connection: Connection): Promise<void> {
    const idleMs = 8 + random(12); // longer than a round trip: who has just come is not turned away
    const idleTimeoutMs = how === 'GOAWAY' ? idleMs : Number.POSITIVE_INFINITY;
    const ending = new EndingStream(connection.stream, () => crossed++);
    let timer = clock.startTimer(1_000, () => {});
    const counted = serviceFn(async (request: HttpRequest) => {
      timer.cancel();
      const response = await service.serve(request);
      if (how === 'no word') timer = clock.startTimer(idleMs, () => ending.end(random(2) === 0));
      return response;
    });
    const layer = http2ServerLayer({ clock, timeouts: { idleTimeoutMs }, onError() {} });
    await layer(counted).serve(connection.withStream(ending));
    timer.cancel();
  }

  const listener = network.listen('origin.test:80');
  void (async () => {
    for await (const connection of listener) void serve(connection);
  })();
  const client = createHttpClient({ connector: network.connector(), protocols: [http2()], clock });

  const users = new RacingUsers({ client, clock, random, users: 1 });
  return {
    seen,
    errors: users.errors,
    get crossed() {
      return crossed;
    },
    send: (count: number, method: 'GET' | 'POST') => users.send(count, method),
    async close(): Promise<void> {
      const closed = client.close();
      await clock.advanceAsync(5_000);
      await closed;
      await listener.close();
      expect(clock.pendingTimers).toBe(0);
    },
  };
}

/** A stream that its owner may end behind the back of the server, and that counts requests which come too late. */
class EndingStream implements ByteStream {
  readonly #inner: ByteStream;
  readonly #onLate: () => void;
  #hasEnded = false;

  constructor(inner: ByteStream, onLate: () => void) {
    this.#inner = inner;
    this.#onLate = onLate;
  }

  get closed(): ByteStream['closed'] {
    return this.#inner.closed;
  }

  /** Ends the connection: politely, as far as TCP goes, or by a close that resets what is on its way. */
  end(isPolite: boolean): void {
    this.#hasEnded = true;
    if (isPolite) void this.#inner.closeWrite();
    else this.#inner.destroy();
  }

  read(options?: Parameters<ByteStream['read']>[0]): Promise<Uint8Array | undefined> {
    return this.#inner.read(options);
  }

  consume(sink: Parameters<NonNullable<ByteStream['consume']>>[0]): ReturnType<NonNullable<ByteStream['consume']>> {
    if (this.#inner.consume === undefined) throw new Error('the stream has no push path');
    return this.#inner.consume({
      onBytes: (chunk) => {
        if (!this.#hasEnded) return sink.onBytes(chunk);
        if (chunk[3] === HEADERS) this.#onLate();
        return undefined; // as if nobody were there any more
      },
      onEnd: () => sink.onEnd(),
    });
  }

  unread(chunk: Uint8Array): void {
    this.#inner.unread(chunk);
  }

  write(chunks: readonly Uint8Array[]): Promise<void> | undefined {
    return this.#inner.write(chunks);
  }

  closeWrite(): Promise<void> {
    this.#hasEnded = true;
    return this.#inner.closeWrite();
  }

  destroy(reason?: unknown): void {
    this.#inner.destroy(reason);
  }
}

const HEADERS = 1;
