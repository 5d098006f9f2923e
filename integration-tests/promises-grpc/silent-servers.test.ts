import { checkLedger } from '@lamella/net-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkProcess } from '../promises/support/process-failures.ts';
import { GrpcWorld } from './support/grpc-world.ts';
import { HandMadeServer } from './support/hand-made-server.ts';

checkLedger({ beforeEach, afterEach });
checkProcess({ beforeEach, afterEach });

/** How a server falls silent, and when a call without a deadline of its own hears of it. */
const SILENCES: readonly (readonly [name: string, afterMs: number, greets: boolean])[] = [
  ['never says its settings', 10_000, false],
  ['says its settings, and never answers', 120_000, true],
];

describe('a server of gRPC that accepts a connection and falls silent', () => {
  it.each(SILENCES)(
    '%s: calls without a deadline fail after %d ms, the next ones go through',
    async (_, afterMs, greets) => {
      const world = new GrpcWorld();
      let connections = 0;
      world.accept('app.test', (connection) => {
        const server = new HandMadeServer(connection);
        if (++connections > 1 || greets) server.greet();
        if (connections > 1) server.onRequest = (streamId) => server.answer(streamId, 'answer');
      });
      const client = world.client('app.test');
      const ends: unknown[] = [];
      const calls = [client.echo('a'), client.join(['a', 'b']), client.split('ab').next(), client.chat(['a']).next()];
      for (const call of calls) call.catch((error: unknown) => ends.push(error));
      await world.elapse(afterMs - 1, (afterMs - 1) / 3);
      expect(ends).toEqual([]);
      await world.elapse(1);
      expect(ends).toHaveLength(4);
      for (const end of ends)
        expect(end).toMatchObject({ statusName: 'UNAVAILABLE', cause: { code: expect.any(String) } });
      if (greets) {
        // The connection is well as far as anybody knows: only the calls have ended.
        expect(connections).toBe(1);
      } else {
        const next = client.echo('b');
        await world.elapse(100, 10);
        expect([await next, connections]).toEqual(['answer', 2]);
      }
      await world.close();
      expect(world.clock.pendingTimers).toBe(0);
    },
  );

  it.each(SILENCES)('%s: a call with a deadline ends with that', async (_name, _afterMs, greets) => {
    const world = new GrpcWorld();
    world.accept('app.test', (connection) => {
      const server = new HandMadeServer(connection);
      if (greets) server.greet();
    });
    const call = world.client('app.test').echo('a', { timeoutMs: 500, waitForReady: true });
    const failure = expect(call).rejects.toMatchObject({ statusName: 'DEADLINE_EXCEEDED' });
    await world.elapse(500, 100);
    await failure;
    await world.close();
    expect(world.clock.pendingTimers).toBe(0);
  });

  it.each([
    ['reads not a byte', false],
    ['reads on, and gives no call room for its messages, nor a sign of life', true],
  ])('%s: calls that have more to send than it takes are over in a minute, or at their deadline', async (_, reads) => {
    const world = new GrpcWorld();
    world.accept('app.test', (connection) => {
      if (reads) new HandMadeServer(connection).greet();
      else
        void connection.stream.write([
          Uint8Array.of(0, 0, 0, 4, 0, 0, 0, 0, 0),
          Uint8Array.of(0, 0, 0, 4, 1, 0, 0, 0, 0),
        ]);
    });
    const client = world.client('app.test');
    const long = 'x'.repeat(1_000_000);
    const ends: unknown[] = [];
    const calls = (timeoutMs: number) => [
      client.echo(long, { timeoutMs }),
      client.join([long, long], { timeoutMs }),
      client.split(long, { timeoutMs }).next(),
      client.chat([long, long], { timeoutMs }).next(),
    ];
    for (const call of [...calls(5_000), ...calls(Number.POSITIVE_INFINITY)])
      call.catch((error: unknown) => ends.push(error));
    await world.elapse(4_990, 499);
    expect(ends).toEqual([]);
    await world.elapse(100, 10);
    expect(ends).toEqual(Array.from({ length: 4 }, () => expect.objectContaining({ statusName: 'DEADLINE_EXCEEDED' })));
    await world.elapse(60_000, 5_000);
    expect(ends.slice(4)).toEqual(
      Array.from({ length: 4 }, () => expect.objectContaining({ statusName: 'UNAVAILABLE' })),
    );
    await world.close();
    expect(world.clock.pendingTimers).toBe(0);
  });

  it('is found to be gone by a sign of life that does not come, with calls that wait for hours', async () => {
    const world = new GrpcWorld();
    let connections = 0;
    world.accept('app.test', (connection) => {
      connections++;
      new HandMadeServer(connection).greet(); // answers no PING either
    });
    const timeouts = { keepAliveMs: 30_000, pingTimeoutMs: 5_000, responseHeadTimeoutMs: Number.POSITIVE_INFINITY };
    const client = world.client('app.test', {}, world.http({ timeouts }));
    let end: unknown;
    client.echo('a').catch((error: unknown) => {
      end = error;
    });
    await world.elapse(34_999, 4_999.857142857143);
    expect(end).toBeUndefined();
    await world.elapse(10, 1);
    expect(end).toMatchObject({ statusName: 'UNAVAILABLE' });
    client.echo('b').catch(() => {});
    await world.elapse(10, 1);
    expect(connections).toBe(2);
    await world.close();
  });
});
