import { GrpcStatusError } from '@lamella/grpc';
import { checkLedger } from '@lamella/net-core/testing';
import type { Lifecycle } from '@lamella/service-core';
import { createLifecycle } from '@lamella/service-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkProcess } from '../promises/support/process-failures.ts';
import { GrpcWorld } from './support/grpc-world.ts';
import { HandMadeServer } from './support/hand-made-server.ts';

checkLedger({ beforeEach, afterEach });
checkProcess({ beforeEach, afterEach });

const ENHANCE_YOUR_CALM = 11;

describe('a server that says GOAWAY', () => {
  it.each(['echo', 'join'] as const)(
    'every 50 calls of %s, 100 of them under way: 2,000 calls, and no failure',
    async (kind) => {
      const world = new GrpcWorld();
      world.network.setConditions({ latencyMs: [0, 2] });
      let served = 0;
      let handled = 0;
      let lifecycle: Lifecycle = createLifecycle({ clock: world.clock });
      const drains: Promise<unknown>[] = [];
      // A connection that is accepted later belongs to the next life of the server.
      world.serve(
        'app.test',
        {
          echo(text) {
            handled++;
            return text;
          },
          async join(messages) {
            handled++;
            let joined = '';
            for await (const text of messages) joined += text;
            return joined;
          },
        },
        {},
        (inner) => ({
          serve(request) {
            if (++served % 50 === 0) {
              drains.push(lifecycle.drain({ graceMs: 60_000 }));
              lifecycle = createLifecycle({ clock: world.clock });
            }
            return inner.serve(request);
          },
        }),
        () => lifecycle,
      );
      const client = world.client('app.test');
      const ends = new Map<string, number>();
      let left = 2_000;
      const worker = async (): Promise<void> => {
        while (left-- > 0) {
          const call = kind === 'echo' ? client.echo('ab') : client.join(['a', 'b']);
          const end = await call.catch((error: unknown) => String(error));
          ends.set(end, (ends.get(end) ?? 0) + 1);
        }
      };
      let isOver = false;
      void Promise.all(Array.from({ length: 100 }, worker)).then(() => {
        isOver = true;
      });
      while (!isOver) await world.elapse(1);
      expect([...ends]).toEqual([['ab', 2_000]]);
      expect(handled).toBe(2_000); // none of them twice
      expect(drains.length).toBeGreaterThanOrEqual(40);
      await world.close();
      await world.elapse(60_000);
      await Promise.all(drains);
    },
  );
});

describe('a server that complains of too many signs of life', () => {
  it('fails no call that it has not looked at: those go to another connection', async () => {
    const world = new GrpcWorld();
    const servers: HandMadeServer[] = [];
    world.accept('app.test', (connection) => {
      const server = new HandMadeServer(connection);
      server.greet();
      if (servers.push(server) > 1) server.onRequest = (streamId) => server.answer(streamId, 'answer');
    });
    const client = world.client('app.test');
    const calls = [client.echo('a'), client.join(['b', 'c']), client.split('d').next(), client.chat(['e']).next()];
    await world.elapse(10, 1);
    expect(servers[0]?.requests).toHaveLength(4);
    servers[0]?.goAway(0, ENHANCE_YOUR_CALM, 'too_many_pings');
    servers[0]?.end();
    await world.elapse(20, 1);
    const answer = { done: false, value: 'answer' };
    expect(await Promise.all(calls)).toEqual(['answer', 'answer', answer, answer]);
    expect(servers).toHaveLength(2);
    await world.close();
  });

  it('may have looked at a call: that is tried again by a policy alone, else it fails and says why', async () => {
    for (const retry of [{}, false] as const) {
      const world = new GrpcWorld();
      const servers: HandMadeServer[] = [];
      world.accept('app.test', (connection) => {
        const server = new HandMadeServer(connection);
        server.greet();
        if (servers.push(server) > 1) server.onRequest = (streamId) => server.answer(streamId, 'answer');
      });
      const end = world
        .client('app.test')
        .echo('a', { retry })
        .catch((error: unknown) => error);
      await world.elapse(10, 1);
      servers[0]?.goAway(1, ENHANCE_YOUR_CALM, 'too_many_pings');
      servers[0]?.end();
      await world.elapse(200, 10);
      if (retry !== false) expect(await end).toBe('answer');
      else {
        expect(await end).toBeInstanceOf(GrpcStatusError);
        expect(await end).toMatchObject({
          statusName: 'UNAVAILABLE',
          cause: { cause: { code: 'LML_ERR_HTTP2_GOAWAY', debugText: 'too_many_pings' } },
        });
      }
      await world.close();
    }
  });
});
